import type { ConversationState } from "@parley/client";
import type { Sender, User } from "@parley/protocol";
import { defineStore } from "pinia";
import { shallowReactive } from "vue";
import { useParley } from "../composables/use-parley.ts";

export type Person = Pick<User, "id" | "username" | "display_name" | "kind"> & { readonly avatar_url?: string | null };

/** Names and pictures of people, gathered from what passes by, and asked for where they did not. */
export const usePeopleStore = defineStore("people", () => {
  const parley = useParley();
  const known = shallowReactive(new Map<string, Person>());
  const byUsername = shallowReactive(new Map<string, string>());
  const asked = new Set<string>();

  function learn(people: Iterable<User | Sender>): void {
    for (const person of people) {
      const held = known.get(person.id);
      // A sender carries no picture: what is known of it stays.
      if (!held || held.display_name !== person.display_name || "avatar_url" in person)
        known.set(person.id, { ...held, ...person });
      if (byUsername.get(person.username) !== person.id) byUsername.set(person.username, person.id);
    }
  }

  /** What is known of someone. Where that is nothing, they are asked for, and the caller sees them when they come. */
  function person(id: string): Person | undefined {
    const held = known.get(id);
    if (!held && !asked.has(id)) {
      asked.add(id);
      parley.api
        .getUser({ user_id: id })
        .then((user) => learn([user]))
        .catch(() => asked.delete(id));
    }
    return held;
  }

  /** Someone who has passed by, by what stands behind an @. */
  function named(username: string): Person | undefined {
    const id = byUsername.get(username.toLowerCase());
    return id === undefined ? undefined : known.get(id);
  }

  function learnFrom({ conversation, members }: ConversationState): void {
    const { peer, subject_user: subject, last_message: last } = conversation ?? {};
    learn([peer, subject, last?.sender].filter((someone) => someone != null));
    if (members) learn([...members.values()].map(({ user }) => user));
  }

  return { person, named, learn, learnFrom };
});
