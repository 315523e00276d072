-- Writes a batch of sends as one transaction in one round trip (DESIGN 2.4).
--
-- Two statements, in this order: the locks, then everything that is read and written. Each statement of a volatile function
-- takes its own snapshot, so the second one sees whatever was committed before the locks were granted: a member removed
-- while we waited cannot write any more. One statement for both would decide on a snapshot from before the lock.
--
-- A refusal is a row, not an error. A conversation whose head somebody else holds is answered 'busy' and not waited for,
-- unless `wait` is true; the caller puts it back and its neighbours go on.
--
-- Every table is asked by a lateral lookup on a unique index, LIMIT 1, and nothing is joined to itself, so that the cost is
-- linear in the batch whatever the planner knew when it made the plan. Plain joins were planned as one scan of the whole table
-- while it was still empty, and kept that plan while it grew: a tenth of the speed within seconds. For the same reason the
-- caller's session has sequential scans, hash and merge joins off, and heads and roots are updated at the place where they were read:
-- the head's lock keeps everybody else from moving them.
--
-- The caller promises: at most one message of an id in a batch, and no parent that is in the same batch.

CREATE FUNCTION commit_sends(batch json, conversation_ids uuid[], wait boolean, support_per_hour integer, support_per_day integer)
RETURNS TABLE (
    i integer, outcome text, kind text, seq bigint, ordinal bigint, created_at timestamptz(3), depth integer, thread_root_id uuid,
    reply_count integer, mass_mention text, retry_after double precision
)
LANGUAGE plpgsql VOLATILE
-- The output columns are named after the tables' columns; inside statements the tables win.
AS $$
#variable_conflict use_column
DECLARE
    locked uuid[];
    present timestamptz(3) := clock_timestamp();
BEGIN
    IF wait THEN
        SELECT array_agg(h.conversation_id) INTO locked FROM (
            SELECT conversation_id FROM conversation_heads
            WHERE conversation_id = ANY (conversation_ids)
            ORDER BY conversation_id FOR UPDATE
        ) h;
    ELSE
        SELECT array_agg(h.conversation_id) INTO locked FROM (
            SELECT conversation_id FROM conversation_heads
            WHERE conversation_id = ANY (conversation_ids)
            ORDER BY conversation_id FOR UPDATE SKIP LOCKED
        ) h;
    END IF;
    locked := coalesce(locked, '{}');

    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT b.*, c.kind, c.slow_mode_seconds, c.direct_key, h.place AS head_place, h.head, h.message_count, h.last_message_at,
            m.rights, p.depth AS parent_depth, coalesce(p.thread_root_id, p.id) AS root_id,
            r.place AS root_place, r.reply_count AS root_replies,
            CASE
                WHEN d.id IS NOT NULL THEN
                    CASE WHEN d.sender_id = b.sender_id AND d.conversation_id = b.conversation_id
                              AND d.fingerprint = decode(b.fingerprint, 'hex') THEN 'duplicate' ELSE 'conflict' END
                WHEN c.id IS NULL OR c.deleted_at IS NOT NULL THEN 'not_found'
                WHEN NOT b.conversation_id = ANY (locked) THEN 'busy'
                -- The host in its own name may write everywhere; acting for a user it is bound as that user is.
                WHEN m.user_id IS NULL AND NOT b.is_host AND NOT (c.kind = 'support' AND b.is_staff) THEN 'not_a_member'
                WHEN c.kind = 'system' AND NOT b.is_service THEN 'permission_denied'
                WHEN b.content_type = 'collaboration_update' AND c.kind <> 'project' THEN 'wrong_kind'
                WHEN m.user_id IS NOT NULL AND m.rights & 1 = 0 AND c.kind <> 'system' THEN 'permission_denied'
                WHEN c.kind = 'direct' AND NOT b.may_contact_anyone AND (
                    EXISTS (SELECT FROM blocks k WHERE k.blocker_id = peer.id AND k.blocked_id = b.sender_id)
                    OR EXISTS (SELECT FROM blocks k WHERE k.blocker_id = b.sender_id AND k.blocked_id = peer.id)
                    OR EXISTS (SELECT FROM consents k WHERE k.user_id IN (peer.id, b.sender_id) AND NOT k.granted
                               AND (k.type = 'messaging' OR (k.type = 'media_sharing' AND b.has_media)))
                ) THEN 'contact_refused'
                WHEN b.parent_id IS NOT NULL AND (
                    p.id IS NULL OR p.conversation_id <> b.conversation_id
                    OR (m.role IN ('member', 'guest') AND p.seq <= CASE c.history_visibility
                        WHEN 'all' THEN 0 WHEN 'member_join_date' THEN m.first_joined_seq ELSE m.joined_seq END)
                ) THEN 'parent_not_found'
                WHEN p.deleted_at IS NOT NULL THEN 'message_deleted'
                ELSE 'sent'
            END AS verdict,
            c.slow_mode_seconds > 0 AND m.rights & 60 = 0 AND NOT b.is_service AS is_slowed,
            c.kind = 'support' AND support_per_hour IS NOT NULL AND NOT b.is_staff AND NOT b.is_service AS is_rationed
        FROM json_to_recordset(batch) AS b (
            i integer, conversation_id uuid, id uuid, sender_id uuid, content_type text, content text, metadata jsonb,
            attachments jsonb, mentions uuid[], mass_mention text, parent_id uuid, fingerprint text,
            is_staff boolean, is_service boolean, is_host boolean, may_contact_anyone boolean, has_media boolean)
        LEFT JOIN LATERAL (SELECT * FROM conversations x WHERE x.id = b.conversation_id LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT x.ctid AS place, x.* FROM conversation_heads x WHERE x.conversation_id = b.conversation_id LIMIT 1) h ON true
        LEFT JOIN LATERAL (SELECT * FROM members x WHERE x.conversation_id = b.conversation_id AND x.user_id = b.sender_id
            AND x.left_at IS NULL LIMIT 1) m ON true
        LEFT JOIN LATERAL (SELECT x.id, x.sender_id, x.conversation_id, x.fingerprint FROM messages x WHERE x.id = b.id LIMIT 1) d ON true
        LEFT JOIN LATERAL (SELECT x.id, x.conversation_id, x.seq, x.depth, x.thread_root_id, x.deleted_at FROM messages x
            WHERE x.id = b.parent_id LIMIT 1) p ON true
        LEFT JOIN LATERAL (SELECT x.ctid AS place, x.reply_count FROM messages x
            WHERE x.id = coalesce(p.thread_root_id, p.id) LIMIT 1) r ON true
        LEFT JOIN LATERAL (SELECT CASE WHEN left(c.direct_key, 36) = b.sender_id::text
            THEN right(c.direct_key, 36)::uuid ELSE left(c.direct_key, 36)::uuid END AS id) peer ON c.kind = 'direct'
    ),
    -- What a batch holds before a message counts as sent already: limits bind as if each had come alone.
    counted AS MATERIALIZED (
        SELECT g.*, row_number() OVER (PARTITION BY g.conversation_id, g.sender_id, g.verdict = 'sent' ORDER BY g.i) AS nth
        FROM given g
    ),
    limited AS MATERIALIZED (
        SELECT g.*,
            CASE WHEN g.is_slowed AND g.verdict = 'sent' THEN
                CASE WHEN g.nth > 1 THEN g.slow_mode_seconds ELSE
                    extract(epoch FROM (SELECT s.at FROM slow_mode_sends s
                        WHERE s.conversation_id = g.conversation_id AND s.user_id = g.sender_id)
                        + make_interval(secs => g.slow_mode_seconds) - present) END
            END::double precision AS slow_wait,
            CASE WHEN g.is_rationed AND g.verdict = 'sent' THEN
                -- The customer's n-th last message decides. The scan goes back from the head and stops there, or where so much was
                -- written by others that a day's ration cannot be behind it.
                CASE WHEN g.nth > least(support_per_hour, support_per_day) THEN 3600 ELSE (
                    SELECT greatest(
                        extract(epoch FROM (
                            SELECT y.created_at FROM (SELECT x.sender_id, x.created_at, x.seq FROM messages x
                                WHERE x.conversation_id = g.conversation_id ORDER BY x.seq DESC LIMIT 4 * support_per_day) y
                            WHERE y.sender_id = g.sender_id ORDER BY y.seq DESC OFFSET support_per_hour - g.nth LIMIT 1
                        ) + interval '1 hour' - present),
                        extract(epoch FROM (
                            SELECT y.created_at FROM (SELECT x.sender_id, x.created_at, x.seq FROM messages x
                                WHERE x.conversation_id = g.conversation_id ORDER BY x.seq DESC LIMIT 4 * support_per_day) y
                            WHERE y.sender_id = g.sender_id ORDER BY y.seq DESC OFFSET support_per_day - g.nth LIMIT 1
                        ) + interval '1 day' - present))
                ) END
            END::double precision AS quota_wait
        FROM counted g
    ),
    judged AS MATERIALIZED (
        SELECT l.*, CASE WHEN l.verdict <> 'sent' THEN l.verdict WHEN l.slow_wait > 0 THEN 'slow_mode'
            WHEN l.quota_wait > 0 THEN 'quota' ELSE 'sent' END AS decision
        FROM limited l
    ),
    placed AS MATERIALIZED (
        SELECT j.*,
            row_number() OVER conversation AS place,
            CASE WHEN j.root_id IS NOT NULL THEN j.root_replies + row_number() OVER thread END AS replies,
            greatest(present, j.last_message_at) AS at,
            -- '@all' and '@here' need moderate_content, except where everyone is a peer.
            CASE WHEN j.kind IN ('direct', 'group') OR j.rights & 16 <> 0 OR j.is_host THEN j.mass_mention END AS allowed_mention
        FROM judged j
        WINDOW conversation AS (PARTITION BY j.decision = 'sent', j.conversation_id ORDER BY j.i),
               thread AS (PARTITION BY j.decision = 'sent', j.root_id ORDER BY j.i)
    ),
    written AS (
        INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, metadata, attachments,
            mentions, mass_mention, parent_id, thread_root_id, depth, fingerprint, created_at)
        SELECT p.conversation_id, p.head + p.place, p.message_count + p.place, p.head + p.place, p.id, p.sender_id, p.content_type,
            p.content, p.metadata, p.attachments, p.mentions, p.allowed_mention, p.parent_id, p.root_id,
            coalesce(p.parent_depth + 1, 0), decode(p.fingerprint, 'hex'), p.at
        FROM placed p WHERE p.decision = 'sent'
    ),
    logged AS (
        INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at)
        SELECT p.conversation_id, p.head + p.place, 'message.created', p.id, p.sender_id, p.at FROM placed p WHERE p.decision = 'sent'
    ),
    moved AS (
        UPDATE conversation_heads h SET head = h.head + n.count, message_count = h.message_count + n.count,
            last_message_seq = h.head + n.count, last_message_at = n.at
        FROM (SELECT p.head_place, count(*) AS count, max(p.at) AS at FROM placed p WHERE p.decision = 'sent' GROUP BY p.head_place) n
        WHERE h.ctid = n.head_place
    ),
    roots AS (
        UPDATE messages t SET reply_count = t.reply_count + n.count, version = n.version, last_reply_at = n.at
        FROM (SELECT p.root_place, count(*)::integer AS count, max(p.head + p.place) AS version, max(p.at) AS at
              FROM placed p WHERE p.decision = 'sent' AND p.root_place IS NOT NULL GROUP BY p.root_place) n
        WHERE t.ctid = n.root_place
    ),
    slowed AS (
        INSERT INTO slow_mode_sends (conversation_id, user_id, at)
        SELECT DISTINCT ON (p.conversation_id, p.sender_id) p.conversation_id, p.sender_id, p.at
        FROM placed p WHERE p.decision = 'sent' AND p.slow_mode_seconds > 0 ORDER BY p.conversation_id, p.sender_id, p.at DESC
        ON CONFLICT (conversation_id, user_id) DO UPDATE SET at = excluded.at
    )
    SELECT p.i, p.decision, p.kind, p.head + p.place, p.message_count + p.place, p.at, coalesce(p.parent_depth + 1, 0), p.root_id,
        p.replies::integer, p.allowed_mention, CASE p.decision WHEN 'slow_mode' THEN p.slow_wait WHEN 'quota' THEN p.quota_wait END
    FROM placed p ORDER BY p.i;
END
$$;

-- The same for a batch of one, which is what a quiet conversation sends. The plan above costs more to start than one message costs
-- to write; here are lookups and inserts by key instead, for what is certainly sent: text or media by a present member who may write,
-- in a direct, group, channel or project conversation without slow mode, not a reply, the id not taken, nobody blocked.
-- Everything else, so every refusal, is left to the statement above, which finds the head locked already. Locks first, reads second,
-- here as there.
CREATE FUNCTION commit_send(batch json, conversation_ids uuid[], wait boolean, support_per_hour integer, support_per_day integer)
RETURNS TABLE (
    i integer, outcome text, kind text, seq bigint, ordinal bigint, created_at timestamptz(3), depth integer, thread_root_id uuid,
    reply_count integer, mass_mention text, retry_after double precision
)
LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    present timestamptz(3) := clock_timestamp();
    b record;
    h record;
    c record;
    is_plain boolean;
    at timestamptz(3);
BEGIN
    SELECT * INTO b FROM json_to_record(batch -> 0) AS g (
        conversation_id uuid, id uuid, sender_id uuid, content_type text, content text, metadata jsonb, attachments jsonb, mentions uuid[],
        mass_mention text, parent_id uuid, fingerprint text, is_host boolean, may_contact_anyone boolean);
    IF wait THEN
        SELECT x.head + 1 AS version, x.message_count + 1 AS ordinal, x.last_message_at INTO h
        FROM conversation_heads x WHERE x.conversation_id = b.conversation_id FOR UPDATE;
    ELSE
        SELECT x.head + 1 AS version, x.message_count + 1 AS ordinal, x.last_message_at INTO h
        FROM conversation_heads x WHERE x.conversation_id = b.conversation_id FOR UPDATE SKIP LOCKED;
    END IF;

    SELECT x.kind, x.direct_key, m.rights,
        x.deleted_at IS NULL AND x.slow_mode_seconds = 0 AND x.kind IN ('direct', 'group', 'channel', 'project')
            AND m.rights & 1 = 1 AND NOT EXISTS (SELECT FROM messages d WHERE d.id = b.id) AS is_open
    INTO c
    FROM conversations x LEFT JOIN members m ON m.conversation_id = x.id AND m.user_id = b.sender_id AND m.left_at IS NULL
    WHERE x.id = b.conversation_id;

    is_plain := h.version IS NOT NULL AND coalesce(c.is_open, false) AND b.parent_id IS NULL AND b.content_type <> 'collaboration_update';
    IF is_plain AND c.kind = 'direct' AND NOT b.may_contact_anyone THEN
        is_plain := NOT EXISTS (SELECT FROM blocks k
                WHERE k.blocker_id = left(c.direct_key, 36)::uuid AND k.blocked_id = right(c.direct_key, 36)::uuid)
            AND NOT EXISTS (SELECT FROM blocks k
                WHERE k.blocker_id = right(c.direct_key, 36)::uuid AND k.blocked_id = left(c.direct_key, 36)::uuid)
            AND NOT EXISTS (SELECT FROM consents k
                WHERE k.user_id IN (left(c.direct_key, 36)::uuid, right(c.direct_key, 36)::uuid) AND NOT k.granted);
    END IF;
    IF NOT is_plain THEN
        RETURN QUERY SELECT * FROM commit_sends(batch, conversation_ids, wait, support_per_hour, support_per_day);
        RETURN;
    END IF;

    at := greatest(present, h.last_message_at);
    mass_mention := CASE WHEN c.kind IN ('direct', 'group') OR c.rights & 16 <> 0 OR b.is_host THEN b.mass_mention END;
    INSERT INTO messages (conversation_id, seq, ordinal, version, id, sender_id, content_type, content, metadata, attachments, mentions,
        mass_mention, fingerprint, created_at)
    VALUES (b.conversation_id, h.version, h.ordinal, h.version, b.id, b.sender_id, b.content_type, b.content, b.metadata, b.attachments,
        b.mentions, commit_send.mass_mention, decode(b.fingerprint, 'hex'), at);
    INSERT INTO changes (conversation_id, version, type, subject_id, actor_id, at)
    VALUES (b.conversation_id, h.version, 'message.created', b.id, b.sender_id, at);
    UPDATE conversation_heads SET head = h.version, message_count = h.ordinal, last_message_seq = h.version, last_message_at = at
    WHERE conversation_id = b.conversation_id;
    i := 0;
    outcome := 'sent';
    kind := c.kind;
    seq := h.version;
    ordinal := h.ordinal;
    created_at := at;
    depth := 0;
    RETURN NEXT;
END
$$;
