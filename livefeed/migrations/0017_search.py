"""Full-text search over posts and people, kept by the database itself, whichever way rows are written.

What is searched are words without their accents and in small letters, and marks: who wrote a post (`by7`) and its
tags. They stand in the same index, so that a search for a frequent word by one author does not look at every post
that has the word.

PostgreSQL: a generated `tsvector` column with a GIN index. The dictionary is `simple`: what people write here is in
many languages, so no endings are cut off; a search for the beginning of a word finds them. SQLite: an FTS5 table
that keeps nothing but its index, and triggers.

A later migration that makes SQLite rebuild `livefeed_post` or `livefeed_user` drops the triggers and must run
`create` again: a test watches over it (tests/models/test_search.py).
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PUNCTUATION = '!"#$%&()*+,-./:;<=>?@[]^_`{|}~“”„‘’‚«»‹›–—…·•¿¡。，、！？：；（）「」'
"""What PostgreSQL would take for a part of addresses, of compounds or, in a C locale, of words; FTS5 does not."""
MARKED = "string_to_array('by' || author_id || ' #' || replace(tags, ' ', ' #'), ' ')"
POSTGRESQL = rf"""
CREATE FUNCTION livefeed_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(translate(
        regexp_replace(normalize($1, NFKD), '[\u0300-\u036F]', '', 'g'),
        $p${PUNCTUATION}'\$p$, repeat(' ', {len(PUNCTUATION) + 2})
    ))
$$;
ALTER TABLE livefeed_post ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', livefeed_words(title || ' ' || body)) || array_to_tsvector({MARKED})
) STORED;
CREATE INDEX livefeed_post_search ON livefeed_post USING gin (search);
ALTER TABLE livefeed_user ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', livefeed_words(username || ' ' || name))
) STORED;
CREATE INDEX livefeed_user_search ON livefeed_user USING gin (search);
"""
POSTGRESQL_REVERSE = """
ALTER TABLE livefeed_post DROP COLUMN search;
ALTER TABLE livefeed_user DROP COLUMN search;
DROP FUNCTION livefeed_words(text);
"""
POST_WORDS = {"words": "{row}.title || ' ' || {row}.body", "author": "'by' || {row}.author_id", "tags": "{row}.tags"}
USER_WORDS = {"words": "{row}.username || ' ' || {row}.name"}
INDEXED = {
    "livefeed_post": (POST_WORDS, "title, body, author_id, tags"),
    "livefeed_user": (USER_WORDS, "username, name"),
}


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Creates what fits the database, and indexes what is there."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
        return
    for table, (words, columns) in INDEXED.items():
        for statement in _sqlite(table, words, columns):
            schema_editor.execute(statement, params=None)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drops it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_REVERSE, params=None)
        return
    for table in INDEXED:
        for what in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER {table}_search_{what}")
        schema_editor.execute(f"DROP TABLE {table}_search")
        schema_editor.execute(f"DROP VIEW {table}_words")


def _sqlite(table: str, words: dict[str, str], columns: str) -> list[str]:
    names = ", ".join(words)
    old, new = (", ".join(word.format(row=row) for word in words.values()) for row in ("OLD", "NEW"))
    forget = f"INSERT INTO {table}_search ({table}_search, rowid, {names}) VALUES ('delete', OLD.id, {old});"
    keep = f"INSERT INTO {table}_search (rowid, {names}) VALUES (NEW.id, {new});"
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns.split(", "))
    selected = ", ".join(f"{word.format(row=table)} AS {name}" for name, word in words.items())
    return [
        f"CREATE VIEW {table}_words AS SELECT id, {selected} FROM {table}",
        f"""CREATE VIRTUAL TABLE {table}_search USING fts5({names}, content='{table}_words', content_rowid='id',
            tokenize='unicode61 remove_diacritics 2', prefix='2 3')""",
        f"INSERT INTO {table}_search ({table}_search) VALUES ('rebuild')",
        f"CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN {keep} END",
        f"CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {forget} END",
        f"""CREATE TRIGGER {table}_search_update AFTER UPDATE OF {columns} ON {table} WHEN {differs}
            BEGIN {forget} {keep} END""",
    ]


class Migration(migrations.Migration):
    dependencies = [("livefeed", "0016_post_counted")]

    operations = [migrations.RunPython(create, drop)]
