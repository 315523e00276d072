import { elsewhere, inConversations, inSpaces, type Block, type PlaceName } from "./permission-table.ts";

/*
 * Who may do what: the whole HTTP API, endpoint by endpoint, as one table. It is the specification (DESIGN sections 4 and 6) that
 * permission-matrix.test.ts asks a running service to keep to, request by request. An endpoint that is in no block fails the test.
 *
 * Rows are places. `direct` is between `member` and `acting`; in `direct-blocked` the first has blocked the second. In the other
 * places everyone named by a role has it; `public-channel` and `private-channel` are in a space, in which `member` … `agent`,
 * `space` and `removed` are. `support` is the conversation of `member`, `system` the one that `member` reads.
 *
 * Columns are those who ask; permission-table.ts says of each who that is. Cells are what they are answered: `ok` the endpoint's own
 * success, `denied` 403 permission_denied, `join` 403 not_a_member, `refused` 403 contact_refused, `transfer` 409 transfer_required,
 * 400 validation_failed, 401 unauthenticated, 404 not_found, 409 conflict; `-` that there is nobody like that.
 */

/** Endpoints of a conversation, or of something in one. Each is asked in every place. */
export const IN_CONVERSATIONS: readonly Block<PlaceName>[] = [
  inConversations(
    "Reading: members; staff in support; the host; members of the space in public channels",
    [
      "getConversation",
      "listMessages",
      "getMessage",
      "listMessageEdits",
      "listThread",
      "listReactions",
      "listPins",
      "listChanges",
      "searchMessages: in it",
      "deleteDraft",
    ],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | ok       404      ok       ok       | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401`,
  ),
  inConversations(
    "What readers keep for themselves: the host in its own name has nothing of its own",
    ["saveMessage"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | ok       404      ok       ok       | 404      404      | denied   ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | denied   ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401`,
  ),
  inConversations(
    "Ending to keep something needs no sight of it any more",
    ["unsaveMessage"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | ok       ok       -        -        | ok       ok       | ok       ok       | -        ok       | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | ok       ok       ok       ok       | ok       ok       | ok       ok       | ok       ok       | 401
    public-channel    ok       ok       ok       ok       | ok       ok       ok       ok       | ok       ok       | ok       ok       | ok       ok       | 401
    private-channel   ok       ok       ok       ok       | ok       ok       ok       ok       | ok       ok       | ok       ok       | ok       ok       | 401
    support           -        -        ok       -        | ok       ok       -        -        | ok       ok       | ok       ok       | -        ok       | 401
    system            -        -        ok       -        | ok       ok       -        -        | ok       ok       | ok       ok       | -        ok       | 401`,
  ),
  inConversations(
    "Writing: members, in public channels once they have joined. Blocks bind in direct conversations alone, and not the host. In a system conversation only the host writes",
    ["sendMessage", "sendMessage: later", "sendMessageTo: a conversation", "replyInThread"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        refused  -        | -        -        refused  -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401`,
  ),
  inConversations(
    "Typing: who may write, but in a system conversation nobody in the reader's name",
    ["setTyping"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        refused  -        | -        -        refused  -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Collaboration updates: by agents and the host, and in projects alone",
    ["sendMessage: a collaboration update"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | denied   denied   -        -        | denied   denied   | denied   denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group             denied   denied   denied   denied   | denied   denied   denied   denied   | denied   denied   | denied   denied   | denied   404      | 401
    project           denied   denied   denied   denied   | denied   denied   denied   denied   | denied   denied   | ok       ok       | ok       404      | 401
    public-channel    denied   denied   denied   denied   | denied   denied   denied   denied   | denied   denied   | denied   denied   | denied   404      | 401
    private-channel   denied   denied   denied   denied   | denied   denied   denied   denied   | denied   denied   | denied   denied   | denied   404      | 401
    support           -        -        denied   -        | denied   denied   -        -        | denied   denied   | denied   denied   | -        404      | 401
    system            -        -        denied   -        | denied   denied   -        -        | denied   denied   | denied   denied   | -        404      | 401`,
  ),
  inConversations(
    "Speaking as an agent: the agent itself, administrators and the host; where the agent is a member",
    ["postAsAgent"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | denied   denied   -        -        | denied   404      | 404      404      | -        denied   | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        404      | -        -        | -
    group,project     denied   denied   denied   denied   | denied   denied   denied   denied   | denied   ok       | ok       ok       | ok       denied   | 401
    public-channel    denied   denied   denied   denied   | denied   denied   denied   denied   | denied   ok       | ok       ok       | ok       denied   | 401
    private-channel   denied   denied   denied   denied   | denied   denied   denied   denied   | denied   ok       | ok       ok       | ok       denied   | 401
    support           -        -        denied   -        | denied   denied   -        -        | denied   404      | 404      404      | -        denied   | 401
    system            -        -        denied   -        | denied   denied   -        -        | denied   404      | 404      404      | -        denied   | 401`,
  ),
  inConversations(
    "Editing one's own (who has none there tries somebody else's)",
    ["editMessage: one's own"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        refused  -        | -        -        refused  -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Editing what somebody else wrote: nobody",
    ["editMessage: another's"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | denied   denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     denied   denied   denied   denied   | 404      404      denied   404      | 404      404      | denied   denied   | denied   404      | 401
    public-channel    denied   denied   denied   denied   | join     404      denied   join     | 404      404      | denied   denied   | denied   404      | 401
    private-channel   denied   denied   denied   denied   | 404      404      denied   404      | 404      404      | denied   denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | denied   denied   | denied   denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | denied   denied   | -        404      | 401`,
  ),
  inConversations(
    "Deleting and bringing back one's own, also after a block (who has none there tries somebody else's)",
    ["deleteMessage: one's own", "restoreMessage: deleted by oneself"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Deleting and bringing back what others wrote takes delete_messages",
    ["deleteMessage: another's", "restoreMessage: another's"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "What a deleted message once was: whoever may delete it",
    ["listMessageEdits: of a deleted message"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | denied   404      denied   denied   | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Pins take moderate_content, except among peers: in direct and group conversations",
    ["pinMessage", "unpinMessage"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group             ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    project           ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Reacting: members, as people; it reaches the other one of a direct conversation as a message does",
    ["addReaction"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401
    direct-blocked    -        -        refused  -        | -        -        refused  -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | denied   ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | denied   ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401`,
  ),
  inConversations(
    "What members do for themselves, and what they take back",
    ["removeReaction", "putDraft"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | denied   ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | denied   ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401`,
  ),
  inConversations(
    "One's draft: 404 where there is none, and only who may keep one has one",
    ["getDraft"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | 404      ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | 404      ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | 404      ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | 404      ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | 404      ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | 404      ok       | -        404      | 401`,
  ),
  inConversations(
    "Marks are of those who read as members; the host reads nothing, but moves the mark that it shares with staff",
    ["markRead", "markDelivered"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | denied   ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401`,
  ),
  inConversations(
    "Marks of many conversations: for staff and service tokens, where they read",
    ["markManyRead"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | denied   denied   -        -        | 404      404      | denied   ok       | -        denied   | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        ok       | -        -        | -
    group,project     denied   denied   denied   denied   | denied   denied   denied   denied   | 404      404      | denied   ok       | denied   denied   | 401
    public-channel    denied   denied   denied   denied   | denied   denied   denied   denied   | 404      404      | denied   ok       | denied   denied   | 401
    private-channel   denied   denied   denied   denied   | denied   denied   denied   denied   | 404      404      | denied   ok       | denied   denied   | 401
    support           -        -        denied   -        | denied   denied   -        -        | ok       ok       | ok       ok       | -        denied   | 401
    system            -        -        denied   -        | denied   denied   -        -        | 404      404      | denied   ok       | -        denied   | 401`,
  ),
  inConversations(
    "Who has read what: members but guests, whom it would tell who the members are",
    ["listMarks", "listMessageStatus"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       denied   | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       denied   | join     404      ok       join     | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       denied   | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401`,
  ),
  inConversations(
    "Who the members are: readers, but guests",
    ["listMembers"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       denied   | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    public-channel    ok       ok       ok       denied   | ok       404      ok       ok       | 404      404      | ok       ok       | ok       404      | 401
    private-channel   ok       ok       ok       denied   | 404      404      ok       404      | 404      404      | ok       ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | ok       ok       | ok       ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401`,
  ),
  inConversations(
    "Changing it takes change_settings",
    ["updateConversation", "putConversation"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Archiving: in support and channels for all, which takes change_settings; elsewhere each member for themselves",
    ["archiveConversation"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | join     ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | join     ok       | ok       404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | join     ok       | -        404      | 401`,
  ),
  inConversations(
    "Deleting: owners, staff wherever it is but in direct and system conversations, the host. A direct one each hides for themselves",
    ["deleteConversation"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | ok       ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       denied   denied   denied   | 404      404      denied   404      | ok       ok       | ok       denied   | denied   404      | 401
    public-channel    ok       denied   denied   denied   | join     404      denied   join     | ok       ok       | ok       denied   | denied   404      | 401
    private-channel   ok       denied   denied   denied   | 404      404      denied   404      | ok       ok       | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Bringing a deleted one back: staff, and of direct and system conversations the host",
    ["restoreConversation"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | denied   denied   -        -        | 404      404      | ok       denied   | -        denied   | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     denied   denied   denied   denied   | denied   denied   denied   denied   | ok       ok       | ok       denied   | denied   denied   | 401
    public-channel    denied   denied   denied   denied   | denied   denied   denied   denied   | ok       ok       | ok       denied   | denied   denied   | 401
    private-channel   denied   denied   denied   denied   | denied   denied   denied   denied   | ok       ok       | ok       denied   | denied   denied   | 401
    support           -        -        denied   -        | denied   denied   -        -        | ok       ok       | ok       denied   | -        denied   | 401
    system            -        -        denied   -        | denied   denied   -        -        | 404      404      | ok       denied   | -        denied   | 401`,
  ),
  inConversations(
    "One's own membership: members",
    ["updateOwnMembership"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | join     ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | join     ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | join     404      ok       join     | 404      404      | join     ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | join     ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | join     join     | join     ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | join     ok       | -        404      | 401`,
  ),
  inConversations(
    "Managing members takes manage_members; members of direct, support and system conversations are fixed",
    ["addMembers", "removeMember", "removeMember: an admin", "setMemberRole", "setMemberPermissions"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401
    direct-blocked    -        -        409      -        | -        -        409      -        | -        -        | -        409      | -        -        | -
    group,project     ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        409      -        | 404      404      -        -        | 409      409      | 409      409      | -        404      | 401
    system            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401`,
  ),
  inConversations(
    "Making somebody an owner: owners and the host",
    ["setMemberRole: owner", "transferOwnership"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401
    direct-blocked    -        -        409      -        | -        -        409      -        | -        -        | -        409      | -        -        | -
    group,project     ok       denied   denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       denied   denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       denied   denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        409      -        | 404      404      -        -        | 409      409      | 409      409      | -        404      | 401
    system            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401`,
  ),
  inConversations(
    "The last owner: nobody removes them or takes the role away",
    ["removeMember: the owner", "setMemberRole: of the owner"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401
    direct-blocked    -        -        409      -        | -        -        409      -        | -        -        | -        409      | -        -        | -
    group,project     transfer denied   denied   denied   | 404      404      denied   404      | 404      404      | transfer denied   | denied   404      | 401
    public-channel    transfer denied   denied   denied   | join     404      denied   join     | 404      404      | transfer denied   | denied   404      | 401
    private-channel   transfer denied   denied   denied   | 404      404      denied   404      | 404      404      | transfer denied   | denied   404      | 401
    support           -        -        409      -        | 404      404      -        -        | 409      409      | 409      409      | -        404      | 401
    system            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401`,
  ),
  inConversations(
    "Joining: a public channel, by members of its space; who is in already stays so",
    ["joinConversation"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401
    direct-blocked    -        -        ok       -        | -        -        ok       -        | -        -        | -        ok       | -        -        | -
    group,project     ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    public-channel    ok       ok       ok       ok       | ok       404      ok       ok       | 404      404      | denied   ok       | ok       404      | 401
    private-channel   ok       ok       ok       ok       | 404      404      ok       404      | 404      404      | denied   ok       | ok       404      | 401
    support           -        -        ok       -        | 404      404      -        -        | 409      409      | denied   ok       | -        404      | 401
    system            -        -        ok       -        | 404      404      -        -        | 404      404      | denied   ok       | -        404      | 401`,
  ),
  inConversations(
    "Leaving: members, but not the last owner, and not where members are fixed",
    ["leaveConversation", "removeMember: oneself"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401
    direct-blocked    -        -        409      -        | -        -        409      -        | -        -        | -        409      | -        -        | -
    group,project     transfer ok       ok       ok       | 404      404      ok       404      | 404      404      | join     ok       | ok       404      | 401
    public-channel    transfer ok       ok       ok       | join     404      ok       join     | 404      404      | join     ok       | ok       404      | 401
    private-channel   transfer ok       ok       ok       | 404      404      ok       404      | 404      404      | join     ok       | ok       404      | 401
    support           -        -        409      -        | 404      404      -        -        | 409      409      | 409      409      | -        404      | 401
    system            -        -        409      -        | 404      404      -        -        | 404      404      | 409      409      | -        404      | 401`,
  ),
  inConversations(
    "Who wants to join: manage_members",
    ["listJoinRequests"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   ok       ok       denied   denied   | 404      404      denied   404      | 404      404      | ok       denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | ok       ok       | ok       denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | ok       denied   | -        404      | 401`,
  ),
  inConversations(
    "Letting somebody in takes manage_members; but for public channels there is nobody who asked (404)",
    ["decideJoinRequest"],
    `                  owner    admin    member   guest    | space    outsider blocked  removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    direct            -        -        denied   -        | 404      404      -        -        | 404      404      | 404      denied   | -        404      | 401
    direct-blocked    -        -        denied   -        | -        -        denied   -        | -        -        | -        denied   | -        -        | -
    group,project     404      404      denied   denied   | 404      404      denied   404      | 404      404      | 404      denied   | denied   404      | 401
    public-channel    ok       ok       denied   denied   | join     404      denied   join     | 404      404      | ok       denied   | denied   404      | 401
    private-channel   404      404      denied   denied   | 404      404      denied   404      | 404      404      | 404      denied   | denied   404      | 401
    support           -        -        denied   -        | 404      404      -        -        | 404      404      | 404      denied   | -        404      | 401
    system            -        -        denied   -        | 404      404      -        -        | 404      404      | 404      denied   | -        404      | 401`,
  ),
];

/** The columns of spaces: roles are those in the space; `removed` was in it, and `agent` is. */
export const IN_SPACES: readonly Block<"space">[] = [
  inSpaces(
    "Seeing a space: its members, staff and the host",
    ["getSpace", "listSpaceConversations"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       ok       ok       ok       | 404      404      | ok       ok       | ok       ok       | ok       404      | 401`,
  ),
  inSpaces(
    "Guests of a space see its channels, not the people",
    ["listSpaceMembers"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       ok       ok       denied   | 404      404      | ok       ok       | ok       ok       | ok       404      | 401`,
  ),
  inSpaces(
    "Managing it: its owners and admins",
    ["updateSpace", "addSpaceMembers", "removeSpaceMember"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       ok       denied   denied   | 404      404      | denied   denied   | ok       denied   | denied   404      | 401`,
  ),
  inSpaces(
    "Making a channel in it: its owners and admins; agents make no conversations",
    ["createConversation: a channel in a space"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       ok       denied   denied   | 404      404      | denied   denied   | ok       denied   | denied   denied   | 401`,
  ),
  inSpaces(
    "Making somebody an owner of it: its owners and the host",
    ["addSpaceMembers: as an owner"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       denied   denied   denied   | 404      404      | denied   denied   | ok       denied   | denied   404      | 401`,
  ),
  inSpaces(
    "Leaving it: its members, but not the last owner",
    ["removeSpaceMember: oneself"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   transfer ok       ok       ok       | 404      404      | 404      404      | 404      ok       | ok       404      | 401`,
  ),
  inSpaces(
    "Deleting it: its owners, staff and the host",
    ["deleteSpace"],
    `        owner    admin    member   guest    | outsider removed  | staff    admin*   | service  acting   | agent    agent*   | nobody
    space   ok       denied   denied   denied   | 404      404      | ok       ok       | ok       denied   | denied   404      | 401`,
  ),
];

/** Endpoints of the instance. Roles in conversations mean nothing here, so all who have one are asked as `person`; `blocked` was blocked by whom it is about. */
export const ELSEWHERE: readonly Block<"anywhere">[] = [
  elsewhere(
    "One's own lists, and what everyone may look up: empty for the host in its own name",
    [
      "listConversations",
      "listAllChanges",
      "streamEvents",
      "searchMessages: everywhere",
      "listNotifications",
      "readNotifications",
      "getNotificationPreferences",
      "getMe",
      "listUsers",
      "getUser",
      "listSpaces",
      "listBlocks",
      "listFriends",
      "listScheduledMessages",
      "listSavedMessages",
      "getPresence",
    ],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | ok       ok       | ok       | 401`,
  ),
  elsewhere(
    "What people decide for themselves: not for the host in its own name",
    [
      "updateMe",
      "setNotificationPreferences",
      "blockUser",
      "unblockUser",
      "unfriendUser",
      "getConsents",
      "setConsents",
    ],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | denied   ok       | ok       | 401`,
  ),
  elsewhere(
    "Asking for friendship: not after a block",
    ["befriendUser"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       refused | ok       ok       | denied   ok       | ok       | 401`,
  ),
  elsewhere(
    "Making conversations: anyone but agents, with whoever accepts the contact",
    ["createConversation: a group", "createConversation: a project"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       refused | ok       ok       | ok       ok       | denied   | 401`,
  ),
  elsewhere(
    "Making conversations with nobody in them yet: anyone but agents",
    ["createConversation: a channel without space", "createSpace"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | ok       ok       | denied   | 401`,
  ),
  elsewhere(
    "Direct conversations: between two people, so not the host in its own name",
    ["createConversation: direct", "sendMessageTo: a person"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       refused | ok       ok       | denied   ok       | denied   | 401`,
  ),
  elsewhere(
    "One's own support conversation: people; the host has to name a customer",
    ["createConversation: support", "sendMessageTo: support"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | 400      ok       | denied   | 401`,
  ),
  elsewhere(
    "Somebody else's support conversation: staff and the host in its own name",
    ["createConversation: support for another"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | ok       ok       | ok       denied   | denied   | 401`,
  ),
  elsewhere(
    "The system's notices, and who somebody is: service tokens",
    ["createConversation: system", "upsertUser"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | denied   denied   | ok       ok       | denied   | 401`,
  ),
  elsewhere(
    "Posting a notice: the host; acting for somebody it is not in the system conversation of another",
    ["sendMessageTo: a notice"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | denied   denied   | ok       404      | denied   | 401`,
  ),
  elsewhere(
    "One's own scheduled messages",
    ["getScheduledMessage", "updateScheduledMessage", "deleteScheduledMessage"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | ok       ok       | ok       | 401`,
  ),
  elsewhere(
    "Somebody else's scheduled messages: nobody",
    ["getScheduledMessage: another's", "updateScheduledMessage: another's", "deleteScheduledMessage: another's"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  404      404     | 404      404      | 404      404      | 404      | 401`,
  ),
  elsewhere(
    "Agents: administrators and service tokens",
    ["createAgent", "listAgents", "createAgentToken", "revokeAgentTokens", "revokeAgentToken"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | denied   ok       | ok       ok       | denied   | 401`,
  ),
  elsewhere(
    "Who is who here: administrators and the host",
    ["listAllUsers", "administerUser"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | denied   ok       | ok       ok       | denied   | 401`,
  ),
  elsewhere(
    "The audit log: staff and the host in its own name",
    ["listAudit"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  denied   denied  | ok       ok       | ok       denied   | denied   | 401`,
  ),
  elsewhere(
    "Operations: anyone",
    ["getLiveness", "getReadiness", "getMetrics"],
    `          person   blocked | staff    admin*   | service  acting   | agent    | nobody
    anywhere  ok       ok      | ok       ok       | ok       ok       | ok       | ok`,
  ),
];
