-- The core: people, conversations, messages and the change log.
-- Times are kept to the millisecond, since that is what the wire carries.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Facts about the instance itself. `epoch` changes when the log may have lost commits (restore, promotion of a standby).
CREATE TABLE instance (
    key   text PRIMARY KEY,
    value text NOT NULL
);
INSERT INTO instance (key, value) VALUES ('epoch', gen_random_uuid()::text);

---------------------------------------------------------------- people

CREATE TABLE users (
    id              uuid PRIMARY KEY,
    external_id     text UNIQUE,
    username        text NOT NULL UNIQUE,
    slug            text NOT NULL,
    display_name    text NOT NULL,
    email           text,
    avatar_url      text,
    kind            text NOT NULL DEFAULT 'human' CHECK (kind IN ('human', 'agent', 'system')),
    is_admin        boolean NOT NULL DEFAULT false,
    is_staff        boolean NOT NULL DEFAULT false,
    contact_policy  text NOT NULL DEFAULT 'shared_space_or_friend'
                    CHECK (contact_policy IN ('everyone', 'shared_space_or_friend', 'friends', 'nobody')),
    share_receipts  boolean NOT NULL DEFAULT true,
    share_presence  boolean NOT NULL DEFAULT true,
    locale          text,
    created_at      timestamptz(3) NOT NULL DEFAULT now(),
    updated_at      timestamptz(3) NOT NULL DEFAULT now(),
    deactivated_at  timestamptz(3)
);
CREATE INDEX users_by_username ON users USING gin (username gin_trgm_ops);
CREATE INDEX users_by_display_name ON users USING gin (display_name gin_trgm_ops);
CREATE INDEX users_staff ON users (id) WHERE is_staff OR is_admin;

INSERT INTO users (id, username, slug, display_name, kind, contact_policy)
VALUES ('00000000-0000-7000-8000-000000000001', 'system', 'system', 'System', 'system', 'nobody');

CREATE TABLE blocks (
    blocker_id  uuid NOT NULL REFERENCES users (id),
    blocked_id  uuid NOT NULL REFERENCES users (id),
    created_at  timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (blocker_id, blocked_id),
    CHECK (blocker_id <> blocked_id)
);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

-- One row per pair, the smaller id first, so that two requests that cross become one friendship.
CREATE TABLE friendships (
    low_id        uuid NOT NULL REFERENCES users (id),
    high_id       uuid NOT NULL REFERENCES users (id),
    requested_by  uuid NOT NULL,
    requested_at  timestamptz(3) NOT NULL DEFAULT now(),
    accepted_at   timestamptz(3),
    PRIMARY KEY (low_id, high_id),
    CHECK (low_id < high_id),
    CHECK (requested_by IN (low_id, high_id))
);
CREATE INDEX friendships_by_high ON friendships (high_id);

-- No row means granted.
CREATE TABLE consents (
    user_id     uuid NOT NULL REFERENCES users (id),
    type        text NOT NULL CHECK (type IN ('messaging', 'media_sharing', 'cross_instance')),
    granted     boolean NOT NULL,
    changed_at  timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, type)
);
-- Every change of a consent, for ever: what somebody had agreed to at a given time.
CREATE TABLE consent_changes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id),
    type        text NOT NULL,
    granted     boolean NOT NULL,
    changed_at  timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX consent_changes_by_user ON consent_changes (user_id, id);

CREATE TABLE agents (
    user_id         uuid PRIMARY KEY REFERENCES users (id),
    description     text NOT NULL DEFAULT '',
    created_by      uuid NOT NULL REFERENCES users (id),
    created_at      timestamptz(3) NOT NULL DEFAULT now(),
    deactivated_at  timestamptz(3)
);
CREATE TABLE agent_tokens (
    id            uuid PRIMARY KEY,
    agent_id      uuid NOT NULL REFERENCES agents (user_id),
    name          text NOT NULL DEFAULT '',
    token_hash    bytea NOT NULL UNIQUE,
    created_by    uuid NOT NULL REFERENCES users (id),
    created_at    timestamptz(3) NOT NULL DEFAULT now(),
    expires_at    timestamptz(3),
    last_used_at  timestamptz(3),
    revoked_at    timestamptz(3)
);
CREATE INDEX agent_tokens_by_agent ON agent_tokens (agent_id);

---------------------------------------------------------------- spaces

CREATE TABLE spaces (
    id           uuid PRIMARY KEY,
    slug         text NOT NULL,
    name         text NOT NULL,
    description  text NOT NULL DEFAULT '',
    created_by   uuid NOT NULL REFERENCES users (id),
    created_at   timestamptz(3) NOT NULL DEFAULT now(),
    updated_at   timestamptz(3) NOT NULL DEFAULT now(),
    deleted_at   timestamptz(3)
);
-- A deleted space gives its slug back.
CREATE UNIQUE INDEX spaces_slug ON spaces (slug) WHERE deleted_at IS NULL;
CREATE TABLE space_members (
    space_id   uuid NOT NULL REFERENCES spaces (id),
    user_id    uuid NOT NULL REFERENCES users (id),
    role       text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member', 'guest')),
    joined_at  timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (space_id, user_id)
);
CREATE INDEX space_members_by_user ON space_members (user_id);

---------------------------------------------------------------- conversations

CREATE TABLE conversations (
    id                  uuid PRIMARY KEY,
    kind                text NOT NULL CHECK (kind IN ('direct', 'group', 'channel', 'support', 'project', 'system')),
    space_id            uuid REFERENCES spaces (id),
    slug                text,
    external_ref        text,
    title               text,
    description         text NOT NULL DEFAULT '',
    visibility          text NOT NULL DEFAULT 'private' CHECK (visibility IN ('public', 'private', 'confidential')),
    require_approval    boolean NOT NULL DEFAULT false,
    history_visibility  text NOT NULL DEFAULT 'all' CHECK (history_visibility IN ('all', 'member_join_date', 'none')),
    slow_mode_seconds   integer NOT NULL DEFAULT 0,
    retention_days      integer,
    federate            boolean NOT NULL DEFAULT false,
    -- Both people of a direct conversation, sorted and joined by ':'.
    direct_key          text,
    -- The customer of a support conversation, the reader of a system one.
    subject_user_id     uuid REFERENCES users (id),
    -- Version of the last change that touched this row: with it, catch-up knows whether to send the conversation.
    version             bigint NOT NULL DEFAULT 0,
    -- Version of the last change of history_visibility: a cursor from before it is reset.
    history_version     bigint NOT NULL DEFAULT 0,
    -- Archived for all while the conversation has no more messages than it had then: a new message brings it back by itself.
    archived_at         timestamptz(3),
    archived_ordinal    bigint,
    deleted_at          timestamptz(3),
    deleted_by          uuid,
    created_by          uuid NOT NULL REFERENCES users (id),
    created_at          timestamptz(3) NOT NULL,
    updated_at          timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX conversations_direct ON conversations (direct_key) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX conversations_subject ON conversations (kind, subject_user_id)
    WHERE deleted_at IS NULL AND subject_user_id IS NOT NULL;
CREATE UNIQUE INDEX conversations_slug ON conversations (coalesce(space_id, '00000000-0000-0000-0000-000000000000'), slug)
    WHERE deleted_at IS NULL AND slug IS NOT NULL;
CREATE INDEX conversations_space ON conversations (space_id) WHERE space_id IS NOT NULL;
CREATE INDEX conversations_external_ref ON conversations (external_ref) WHERE external_ref IS NOT NULL;
CREATE INDEX conversations_public ON conversations (id) WHERE visibility = 'public' AND deleted_at IS NULL;
CREATE INDEX conversations_retention ON conversations (id) WHERE retention_days IS NOT NULL;
CREATE INDEX conversations_support ON conversations (id) WHERE kind = 'support';

-- What every send changes, apart and small: half-empty pages and no index on what changes keep its updates HOT.
CREATE TABLE conversation_heads (
    conversation_id   uuid PRIMARY KEY,
    head              bigint NOT NULL DEFAULT 0,
    message_count     bigint NOT NULL DEFAULT 0,
    last_message_seq  bigint NOT NULL DEFAULT 0,
    last_message_at   timestamptz(3)
) WITH (fillfactor = 50);

CREATE TABLE members (
    conversation_id   uuid NOT NULL REFERENCES conversations (id),
    user_id           uuid NOT NULL REFERENCES users (id),
    role              text NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest')),
    -- Own grants and denials: {"send_messages": false}.
    permissions       jsonb NOT NULL DEFAULT '{}',
    -- Role and overrides as one bit mask (domain/permissions.ts), so that a send compares one number.
    rights            integer NOT NULL,
    first_joined_seq  bigint NOT NULL,
    joined_seq        bigint NOT NULL,
    joined_at         timestamptz(3) NOT NULL,
    version           bigint NOT NULL,
    -- Version of the last change of what this member may see (rejoining, some roles): a cursor of theirs from before it is reset.
    sight_version     bigint NOT NULL DEFAULT 0,
    left_at           timestamptz(3),
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id) WHERE left_at IS NULL;
-- For whoever asks what changed in all their conversations: those they are no longer in.
CREATE INDEX members_left ON members (user_id) WHERE left_at IS NOT NULL;
-- Who is in a conversation now, and how many, without reading the rows.
CREATE INDEX members_present ON members (conversation_id, user_id) WHERE left_at IS NULL;

-- A member's own view of a conversation. Takes no version: nobody else sees it.
CREATE TABLE member_settings (
    conversation_id     uuid NOT NULL,
    user_id             uuid NOT NULL,
    muted_until         timestamptz(3),
    notification_level  text NOT NULL DEFAULT 'all' CHECK (notification_level IN ('all', 'mentions', 'none')),
    -- Archived and hidden while the conversation has no more messages than it had then.
    archived_at         timestamptz(3),
    archived_ordinal    bigint,
    hidden_ordinal      bigint,
    PRIMARY KEY (conversation_id, user_id)
);

CREATE TABLE member_marks (
    conversation_id      uuid NOT NULL,
    user_id              uuid NOT NULL,
    last_read_seq        bigint NOT NULL DEFAULT 0,
    last_read_ordinal    bigint NOT NULL DEFAULT 0,
    last_delivered_seq   bigint NOT NULL DEFAULT 0,
    last_read_at         timestamptz(3),
    PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 70);

-- How marks moved: "read at" of a message is the time of the first movement at or past it.
CREATE TABLE mark_movements (
    conversation_id  uuid NOT NULL,
    user_id          uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('read', 'delivered')),
    seq              bigint NOT NULL,
    at               timestamptz(3) NOT NULL,
    PRIMARY KEY (conversation_id, user_id, kind, seq)
);
-- For the maintenance, which removes old ones: they lie together.
CREATE INDEX mark_movements_age ON mark_movements USING brin (at);

CREATE TABLE join_requests (
    conversation_id  uuid NOT NULL REFERENCES conversations (id),
    user_id          uuid NOT NULL REFERENCES users (id),
    status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'approved', 'refused')),
    created_at       timestamptz(3) NOT NULL DEFAULT now(),
    decided_at       timestamptz(3),
    decided_by       uuid,
    PRIMARY KEY (conversation_id, user_id)
);

-- Last send of each member in conversations with slow mode on.
CREATE TABLE slow_mode_sends (
    conversation_id  uuid NOT NULL,
    user_id          uuid NOT NULL,
    at               timestamptz(3) NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);

---------------------------------------------------------------- messages

-- No foreign keys here and on changes: the statement that writes a row has just proven, under the head's lock, that
-- conversation, sender and parent exist, and none of them is ever deleted.
CREATE TABLE messages (
    conversation_id  uuid NOT NULL,
    seq              bigint NOT NULL,
    ordinal          bigint NOT NULL,
    -- Version of the last change that touched this row. Not indexed, so that its updates stay HOT.
    version          bigint NOT NULL,
    id               uuid NOT NULL,
    sender_id        uuid NOT NULL,
    content_type     text NOT NULL,
    content          text NOT NULL,
    metadata         jsonb,
    attachments      jsonb,
    mentions         uuid[],
    -- '@all' or '@here', where the sender was allowed to.
    mass_mention     text,
    parent_id        uuid,
    thread_root_id   uuid,
    depth            integer NOT NULL DEFAULT 0,
    reply_count      integer NOT NULL DEFAULT 0,
    last_reply_at    timestamptz(3),
    reaction_count   integer NOT NULL DEFAULT 0,
    edit_count       integer NOT NULL DEFAULT 0,
    pinned_at        timestamptz(3),
    pinned_by        uuid,
    -- Keyed hash of what was sent: tells a retry from another message with the same id.
    fingerprint      bytea NOT NULL,
    created_at       timestamptz(3) NOT NULL,
    edited_at        timestamptz(3),
    deleted_at       timestamptz(3),
    deleted_by       uuid,
    PRIMARY KEY (conversation_id, seq)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE INDEX messages_thread ON messages (thread_root_id, seq) WHERE thread_root_id IS NOT NULL;
CREATE INDEX messages_pinned ON messages (conversation_id, pinned_at) WHERE pinned_at IS NOT NULL;

-- What a deleted message held, kept for restoring until purged, apart so that no reader of messages can leak it.
CREATE TABLE deleted_contents (
    message_id   uuid PRIMARY KEY,
    content      text NOT NULL,
    metadata     jsonb,
    attachments  jsonb,
    mentions     uuid[],
    deleted_at   timestamptz(3) NOT NULL
);
CREATE INDEX deleted_contents_age ON deleted_contents (deleted_at);

-- What stood in a message before each of its edits.
CREATE TABLE message_edits (
    message_id  uuid NOT NULL,
    number      integer NOT NULL,
    content     text NOT NULL,
    metadata    jsonb,
    edited_by   uuid NOT NULL,
    -- When this content was replaced.
    edited_at   timestamptz(3) NOT NULL,
    PRIMARY KEY (message_id, number)
);

CREATE TABLE reactions (
    message_id  uuid NOT NULL,
    user_id     uuid NOT NULL,
    reaction    text NOT NULL,
    created_at  timestamptz(3) NOT NULL,
    PRIMARY KEY (message_id, user_id, reaction)
);

CREATE TYPE change_type AS ENUM (
    'conversation.created', 'conversation.updated', 'conversation.archived', 'conversation.deleted', 'conversation.restored',
    'member.added', 'member.removed', 'member.updated',
    'message.created', 'message.updated', 'message.deleted', 'message.restored',
    'reaction.added', 'reaction.removed', 'pin.added', 'pin.removed'
);

-- The change log: append-only and narrow. It says what moved; the tables say how things are.
-- Versions are 1, 2, 3 … in each conversation, without holes.
CREATE TABLE changes (
    conversation_id  uuid NOT NULL,
    version          bigint NOT NULL,
    -- Of the writing transaction: followers read below the horizon of running ones, so that they miss none.
    xid              xid8 NOT NULL DEFAULT pg_current_xact_id(),
    type             change_type NOT NULL,
    subject_id       uuid NOT NULL,
    actor_id         uuid NOT NULL,
    at               timestamptz(3) NOT NULL,
    imported         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (conversation_id, version)
);
CREATE INDEX changes_xid ON changes (xid);

---------------------------------------------------------------- a person's own things

CREATE TABLE drafts (
    user_id          uuid NOT NULL REFERENCES users (id),
    conversation_id  uuid NOT NULL REFERENCES conversations (id),
    content          text NOT NULL,
    metadata         jsonb,
    parent_id        uuid,
    updated_at       timestamptz(3) NOT NULL,
    PRIMARY KEY (user_id, conversation_id)
);

CREATE TABLE scheduled_messages (
    id               uuid PRIMARY KEY,
    -- The id the message will have: sending it twice by mistake is one message.
    message_id       uuid NOT NULL UNIQUE,
    conversation_id  uuid NOT NULL REFERENCES conversations (id),
    sender_id        uuid NOT NULL REFERENCES users (id),
    body             jsonb NOT NULL,
    send_at          timestamptz(3) NOT NULL,
    status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sending', 'sent', 'failed', 'cancelled')),
    failure_code     text,
    failure_detail   text,
    created_at       timestamptz(3) NOT NULL DEFAULT now(),
    updated_at       timestamptz(3) NOT NULL DEFAULT now(),
    sent_at          timestamptz(3)
);
CREATE INDEX scheduled_messages_by_sender ON scheduled_messages (sender_id, send_at);
CREATE INDEX scheduled_messages_due ON scheduled_messages (send_at) WHERE status IN ('pending', 'sending');

CREATE TABLE saved_messages (
    user_id          uuid NOT NULL REFERENCES users (id),
    message_id       uuid NOT NULL,
    conversation_id  uuid NOT NULL,
    saved_at         timestamptz(3) NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, message_id)
);
CREATE INDEX saved_messages_recent ON saved_messages (user_id, saved_at DESC, message_id);

-- No foreign keys: each message may write many rows, of people who were just read, and none of them is ever deleted.
CREATE TABLE notifications (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    type             text NOT NULL,
    conversation_id  uuid,
    message_id       uuid,
    actor_id         uuid,
    data             jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz(3) NOT NULL DEFAULT now(),
    read_at          timestamptz(3),
    -- What it is about, so that a follower that runs twice tells once.
    unique_key       text NOT NULL,
    -- Whether the user's sockets were told.
    is_told          boolean NOT NULL DEFAULT false,
    UNIQUE (user_id, unique_key)
);
CREATE INDEX notifications_untold ON notifications (created_at) WHERE NOT is_told;
CREATE INDEX notifications_age ON notifications USING brin (created_at);
CREATE INDEX notifications_recent ON notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications (user_id, conversation_id) WHERE read_at IS NULL;

CREATE TABLE notification_preferences (
    user_id          uuid NOT NULL REFERENCES users (id),
    conversation_id  uuid REFERENCES conversations (id),
    type             text NOT NULL CHECK (type IN ('direct_messages', 'group_messages', 'mentions', 'collaboration_updates', 'system_notifications')),
    channel          text NOT NULL CHECK (channel IN ('in_app', 'push', 'slack', 'email')),
    enabled          boolean NOT NULL,
    UNIQUE NULLS NOT DISTINCT (user_id, conversation_id, type, channel)
);
CREATE INDEX notification_preferences_by_conversation ON notification_preferences (conversation_id) WHERE conversation_id IS NOT NULL;

---------------------------------------------------------------- readers of the log

-- A text as it is searched: compatibility forms made one, without accents and invisible characters, lower case.
CREATE FUNCTION fold_text(content text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURNS NULL ON NULL INPUT AS $$
    SELECT lower(unaccent(normalize(translate(content, U&'\00AD\200B\200C\200D\2060\FE0E\FE0F\FEFF', ''), NFKC)))
$$;

-- Each character, and each pair of neighbours, of scripts that write no spaces, and of emoji and other symbols: the text search
-- parser takes a whole run of them for one word, or leaves them out. domain/search-terms.ts has the same list of characters.
CREATE FUNCTION search_grams(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT gram)
    FROM regexp_matches(folded,
            '[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2190-\u2BFF\u3005-\u3007\u3040-\u30FF\u3100-\u312F\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\U0001F000-\U0001FAFF\U00020000-\U0003FFFF]+',
            'g') AS m (run)
        CROSS JOIN LATERAL (
            SELECT c, lead(c) OVER (ORDER BY n) AS next
            FROM unnest(string_to_array(run[1], NULL)) WITH ORDINALITY AS u (c, n)
        ) characters
        CROSS JOIN LATERAL (VALUES (c), (c || next)) AS g (gram)
    WHERE gram IS NOT NULL
$$;

-- The words of a folded text: as English stems, as they stand, and as grams. Stems and words are told apart by a gap, so that no
-- phrase is found across it. A slash would make one "file name" of the words around it.
CREATE FUNCTION search_words(folded text) RETURNS tsvector LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ts_delete(to_tsvector('english', prose) || E'\'\x01\':64'::tsvector || to_tsvector('simple', prose), E'\x01')
        || coalesce(array_to_tsvector(search_grams(folded)), '')
    FROM (SELECT translate(folded, '/', ' ') AS prose) p
$$;

CREATE TABLE message_search (
    message_id       uuid PRIMARY KEY,
    conversation_id  uuid NOT NULL,
    seq              bigint NOT NULL,
    sender_id        uuid NOT NULL,
    created_at       timestamptz(3) NOT NULL,
    -- Lower case, without accents: what substrings are looked for in.
    body             text NOT NULL,
    words            tsvector NOT NULL
);
CREATE INDEX message_search_words ON message_search USING gin (words);
CREATE INDEX message_search_body ON message_search USING gin (body gin_trgm_ops);
CREATE INDEX message_search_conversation ON message_search (conversation_id, seq);
CREATE INDEX message_search_recent ON message_search (created_at DESC);

CREATE TABLE follower_cursors (
    name        text PRIMARY KEY,
    -- All changes of transactions below this one are done.
    next_xid    xid8 NOT NULL,
    updated_at  timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE audit_log (
    id               uuid PRIMARY KEY,
    at               timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    actor_id         uuid NOT NULL,
    action           text NOT NULL,
    conversation_id  uuid,
    subject_id       uuid,
    data             jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_recent ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_by_conversation ON audit_log (conversation_id, at DESC, id DESC) WHERE conversation_id IS NOT NULL;
