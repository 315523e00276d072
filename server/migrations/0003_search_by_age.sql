-- What many messages say is looked for among the latest ones only, as many as should hold enough hits: which pages of the index of
-- search these are on. It is written about in the order of time, so that ranges of pages are ranges of time.
CREATE INDEX message_search_age ON message_search USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- A search names all conversations of its reader. The planner holds each of them against each of the most common values: for a
-- thousand conversations and a hundred values that takes many times longer than the search itself.
ALTER TABLE message_search ALTER COLUMN conversation_id SET STATISTICS 10;
