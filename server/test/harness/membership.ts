import { ParleyError } from "@parley/protocol";
import { v7 as uuidv7 } from "uuid";
import { expect } from "vitest";
import type { Caller } from "../../src/domain/caller.ts";
import type { ConversationId, SpaceId } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/permissions.ts";
import { createContact, type ContactService } from "../../src/services/contact/contact.ts";
import { createMembers, type MembersService } from "../../src/services/members/members.ts";
import { createMemberPresenter, type MemberPresenter } from "../../src/services/members/present-members.ts";
import { createUserCache } from "../../src/services/user-cache.ts";
import type { Database } from "../../src/store/database.ts";
import { startCommitter, type TestCommitter } from "./committer.ts";
import { run } from "./rows.ts";

export interface MembershipServices {
  readonly committer: TestCommitter;
  readonly members: MembersService;
  readonly contact: ContactService;
  readonly presenter: MemberPresenter;
}

/** The services of members and contact on a real committer. Close the committer in the end. */
export function startMembership(database: Database): MembershipServices {
  const committer = startCommitter(database);
  const users = createUserCache({ db: database });
  const presenter = createMemberPresenter({ db: database, users });
  return {
    committer,
    members: createMembers({ database, committer, presenter, users }),
    contact: createContact({ database, users }),
    presenter,
  };
}

/** The code of the refusal, or undefined where it was done. */
export async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof ParleyError) return error.code;
    throw error;
  }
}

export async function makeSpace(
  database: Database,
  people: readonly (Caller | { who: Caller; role: Role })[],
): Promise<SpaceId> {
  const id = uuidv7() as SpaceId;
  const members = people.map((person) => ("who" in person ? person : { who: person, role: "member" }));
  await run(
    database,
    "INSERT INTO spaces (id, slug, name, created_by) VALUES ($1::uuid, 's' || $1::text, 'Space', $2)",
    [id, members[0]?.who.userId],
  );
  for (const { who, role } of members) {
    await run(database, "INSERT INTO space_members (space_id, user_id, role) VALUES ($1, $2, $3)", [
      id,
      who.userId,
      role,
    ]);
  }
  return id;
}

/** What was committed of a conversation after its creation, as `type subject`, and that its versions have no hole. */
export function storyOf(committer: TestCommitter, id: ConversationId, names: Record<string, Caller>): string[] {
  const told = committer.told.filter((change) => change.conversationId === id);
  expect(told.map((change) => change.version)).toEqual(told.map((_, index) => (told[0]?.version ?? 0) + index));
  const nameOf = (subject: string) => Object.entries(names).find(([, caller]) => caller.userId === subject)?.[0] ?? "?";
  return told.map((change) =>
    change.type.startsWith("member.") ? `${change.type} ${nameOf(change.subjectId)}` : change.type,
  );
}
