import { isHost } from "../domain/access.ts";
import type { UserId } from "../domain/ids.ts";
import type { Audience, Session, Stream } from "./audience.ts";
import type { Frame } from "./frames.ts";
import { skippedFrame, type PresentedChange } from "./present-changes.ts";

/** Tells a change to everyone who listens to its conversation; answers how many sessions that were. */
export function tellChange(audience: Audience, stream: Stream, told: PresentedChange): number {
  const { frame } = told;
  const isSameForMembers = !(told.message && stream.hiddenUpTo) && !(told.member && stream.guests);
  let skipped: Frame | undefined;
  const skip = (): Frame => (skipped ??= skippedFrame(told.change));
  let count = 0;
  for (const user of stream.users) {
    const given = isSameForMembers || !isHidden(stream, told, user.id) ? frame : skip();
    for (const session of user.sessions) count += give(session, given);
  }
  if (!stream.readers && !stream.isSupport) return count;
  for (const session of othersOf(audience, stream)) {
    // Who never joined sees nothing of a limited history; staff and the host's backend see all of it.
    const isVisible = !told.message || stream.history === "all" || seesAll(session, stream);
    count += give(session, isVisible ? frame : skip());
  }
  return count;
}

/** Tells an event to everyone who listens to the conversation. */
export function tellAll(
  audience: Audience,
  stream: Stream,
  frame: Frame,
  except?: (session: Session) => boolean,
): number {
  let count = 0;
  for (const user of stream.users) {
    for (const session of user.sessions) if (!except?.(session)) count += give(session, frame);
  }
  for (const session of othersOf(audience, stream)) if (!except?.(session)) count += give(session, frame);
  return count;
}

/** Tells an event to those alone who have the conversation open. */
export function tellOpeners(stream: Stream, frame: Frame, except?: (session: Session) => boolean): number {
  let count = 0;
  for (const session of stream.openers ?? []) if (!except?.(session)) count += give(session, frame);
  return count;
}

export function give(session: Session, frame: Frame): 0 | 1 {
  if (!session.isLive) return 0;
  session.sink.push(frame);
  return 1;
}

/** Whether a member may not see what the change is about: by the history rules, or as a guest. */
function isHidden(stream: Stream, { message, member }: PresentedChange, userId: UserId): boolean {
  if (message) return message.seq <= (stream.hiddenUpTo?.get(userId) ?? 0);
  return member !== undefined && member.userId !== userId && stream.guests?.has(userId) === true;
}

/** Whether the history rules do not bind the session there. */
function seesAll(session: Session, stream: Stream): boolean {
  return isHost(session.caller) || (stream.isSupport && session.caller.isStaff);
}

/** Those who listen without being members. */
function* othersOf(audience: Audience, stream: Stream): Generator<Session> {
  if (stream.readers) yield* stream.readers;
  if (!stream.isSupport) return;
  for (const session of audience.staff) {
    if (!stream.has(session.user) && !stream.readers?.has(session)) yield session;
  }
}
