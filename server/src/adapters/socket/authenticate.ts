import { ParleyError, type CloseName } from "@parley/protocol";
import type { Hub } from "../../realtime/hub.ts";
import type { Authentication, Identity } from "../../services/authentication.ts";
import type { Connection } from "./connection.ts";
import type { ErrorReply } from "./replies.ts";

export interface AuthenticateDeps {
  readonly authentication: Pick<Authentication, "authenticate">;
  readonly hub: Pick<Hub, "attach" | "begin" | "leave" | "renew">;
  readonly epoch: () => Promise<string>;
  readonly errorReply: ErrorReply;
  readonly heartbeatSeconds: number;
  readonly now: () => number;
  /** A socket is authenticated. */
  readonly onConnected: () => void;
}

export type Authenticate = ReturnType<typeof createAuthenticate>;

/** Who a socket is: at its beginning, when it has a new token, and while it lives. */
export function createAuthenticate(deps: AuthenticateDeps) {
  const { authentication, hub, epoch, errorReply, now } = deps;

  function identify({ address, actAs }: Connection, token: string): Promise<Identity> {
    return authentication.authenticate({ token, actAs, address });
  }

  function sayConnected(
    connection: Connection,
    identity: Identity,
    id: string | undefined,
    currentEpoch: string,
  ): void {
    connection.endsAt = identity.expiresAt ?? Number.POSITIVE_INFINITY;
    connection.reply(
      {
        type: "connected",
        data: {
          user_id: identity.caller.userId,
          connection_id: `c-${connection.session?.number ?? 0}`,
          epoch: currentEpoch,
          heartbeat_seconds: deps.heartbeatSeconds,
          timestamp: new Date(now()).toISOString(),
        },
      },
      id,
    );
  }

  return {
    /**
     * The first authentication. Subscribes before it answers: what is committed after `connected` is delivered, and what was before
     * is found by `resume`. Refused, the socket is closed. Never rejects.
     */
    async admit(connection: Connection, token: string, id?: string): Promise<void> {
      try {
        const [identity, currentEpoch] = await Promise.all([identify(connection, token), epoch()]);
        const session = await hub.attach(identity.caller, connection, identity.tokenId);
        if (connection.isDeaf || connection.socket.readyState !== connection.socket.OPEN) {
          hub.leave(session);
          return;
        }
        connection.session = session;
        sayConnected(connection, identity, id, currentEpoch);
        hub.begin(session);
        deps.onConnected();
      } catch (error) {
        connection.reply(errorReply(error, "authenticate"), id);
        connection.close(closeNameOf(error));
      }
    },

    /** A new token for a socket that lives. Refused, it lives on to the end of the token it had. Never rejects. */
    async renew(connection: Connection, token: string, id: string | undefined): Promise<void> {
      const { session } = connection;
      if (!session) return;
      try {
        const [identity, currentEpoch] = await Promise.all([identify(connection, token), epoch()]);
        if (identity.caller.userId !== session.user.id) throw anotherUser();
        hub.renew(session, identity.caller, identity.tokenId);
        sayConnected(connection, identity, id, currentEpoch);
      } catch (error) {
        connection.reply(errorReply(error, "authenticate"), id);
      }
    },
  };
}

/** How a refusal closes the socket; what is a fault of ours or will pass says: come again. */
function closeNameOf(error: unknown): CloseName {
  if (!(error instanceof ParleyError)) return "restart";
  if (error.code === "rate_limited") return "rate_limited";
  return error.code === "overloaded" ? "restart" : "unauthenticated";
}

function anotherUser(): ParleyError {
  return new ParleyError("permission_denied", {
    detail: "This socket is somebody else's. Open another one for this user.",
  });
}
