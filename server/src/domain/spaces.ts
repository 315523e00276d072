import { mayChangeRole, outranks, type Role } from "./permissions.ts";

/** Owners and admins of a space change it, and who is in it; `host` is the application's backend in its own name. */
export function mayManageSpace(role: Role | undefined, host: boolean): boolean {
  return host || role === "owner" || role === "admin";
}

/** Guests see the channels of a space, not the people. */
export function mayListSpaceMembers(role: Role | undefined): boolean {
  return role !== "guest";
}

/** Whether someone may give `next` to who has `present` there (undefined: is no member yet). The host stands as high as an owner. */
export function mayGiveSpaceRole(
  role: Role | undefined,
  host: boolean,
  present: Role | undefined,
  next: Role,
): boolean {
  if (!mayManageSpace(role, host)) return false;
  return mayChangeRole(host ? "owner" : (role ?? "guest"), present ?? "guest", next);
}

export function mayRemoveFromSpace(role: Role | undefined, host: boolean, subject: Role): boolean {
  return mayManageSpace(role, host) && outranks(host ? "owner" : (role ?? "guest"), subject);
}
