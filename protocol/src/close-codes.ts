/**
 * Why the service closed a socket (DESIGN section 7). Every code it sends of its own accord is here and
 * nowhere else; docs/reference/socket-protocol.md tells client writers what to do about each.
 */
export const CLOSE_CODES = {
  /** The service is stopping or restarting. Everything acknowledged is kept: reconnect, elsewhere if there is an elsewhere. */
  restart: 1012,
  /** Protocol error: the tenth frame that was no valid JSON, a binary frame, or no valid first frame. Mend the client. */
  protocol_error: 4400,
  /** No valid token within 10 s of connecting, or the token's `exp` has passed. Get a new token, then reconnect. */
  unauthenticated: 4401,
  /** The token was revoked or the user deactivated. Do not reconnect with the same token. */
  revoked: 4403,
  /** Nothing was heard of the client for 60 s. Reconnect and resume. */
  heartbeat: 4408,
  /** The client read too slowly and its byte budget ran full. Reconnect and resume: nothing is lost. */
  slow_consumer: 4409,
  /** Too many connections, frames or failed authentications. Reconnect after a pause, with back-off. */
  rate_limited: 4429,
} as const;

export type CloseName = keyof typeof CLOSE_CODES;
export type CloseCode = (typeof CLOSE_CODES)[CloseName];
