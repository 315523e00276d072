import { Bell, CircleUserRound, LogOut, Palette, Shield, Users } from "@lucide/vue";
import type { Component } from "vue";

export const SECTIONS = ["profile", "appearance", "notifications", "privacy", "people", "account"] as const;
export type SettingsSection = (typeof SECTIONS)[number];

export const SECTION_ICONS: Readonly<Record<SettingsSection, Component>> = {
  profile: CircleUserRound,
  appearance: Palette,
  notifications: Bell,
  privacy: Shield,
  people: Users,
  account: LogOut,
};
