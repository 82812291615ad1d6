"""Tags and the search index for scripts with combining marks.

SQLite: marks such as the vowel signs of Devanagari are parts of words, and tags are indexed whole, in hexadecimal
digits: FTS5 would split them at underscores and dots and remove their accents. (A blank is the byte 20. It is found only
between tags: `20` across two bytes would need one below 10, which no tag contains.)

PostgreSQL: punctuation of more scripts, joiners and invisible characters separate words, as on SQLite.

Posts: earlier versions cut tags at the first mark or dot. The tags of existing posts are found again.

A later migration that makes SQLite rebuild `livefeed_post` or `livefeed_user` drops the triggers and must run
`create_index` again: a test checks that (tests/models/test_search.py).
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TAGS_AS_WORDS = {False: "{row}.tags", True: "replace(hex({row}.tags), '20', ' ')"}
TOKENIZERS = {
    False: "unicode61 remove_diacritics 2",
    True: "unicode61 remove_diacritics 2 categories ''L* N* Co M*''",
}


PUNCTUATION = {
    False: '!"#$%&()*+,-./:;<=>?@[]^_`{|}~“”„‘’‚«»‹›–—…·•¿¡。，、！？：；（）「」',
    True: '!"#$%&()*+,-./:;<=>?@[]^_`{|}~“”„‟‘’‚«»‹›–—…·•¿¡。，、！？：；（）「」'
    "『』【】〈〉《》〔〕〖〗〘〙〚〛〜〝〞〟・゠،؛؟۔।॥་༌།၊။።។՝։־׳״\u00ad\u200b\u200c\u200d\u2060\ufeff",
}


def create_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _recreate_index(schema_editor, is_new=True)


def restore_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _recreate_index(schema_editor, is_new=False)


def find_tags(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Finds the tags of existing posts again. Tags of ASCII texts are as before."""
    from livefeed.content.markup import references_in  # noqa: PLC0415  # by today's rules

    posts = apps.get_model("livefeed", "Post").objects
    taggings = apps.get_model("livefeed", "Tagging").objects
    changed = {}
    for pk, body, tags in posts.filter(body__contains="#").values_list("pk", "body", "tags").iterator():
        if not body.isascii() and (found := " ".join(sorted(references_in(body).tags))) != tags:
            changed[pk] = found
    for pk, tags in changed.items():
        posts.filter(pk=pk).update(tags=tags)
        taggings.filter(post=pk).exclude(tag__in=tags.split()).delete()
        created_at = posts.values_list("created_at", flat=True).get(pk=pk)
        rows = [taggings.model(post_id=pk, tag=tag, created_at=created_at) for tag in tags.split()]
        taggings.bulk_create(rows, ignore_conflicts=True)


def _recreate_index(schema_editor: BaseDatabaseSchemaEditor, *, is_new: bool) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(_postgresql(PUNCTUATION[is_new]), params=None)
        return
    post_words = {
        "words": "{row}.title || ' ' || {row}.body",
        "author": "'by' || {row}.author_id",
        "tags": TAGS_AS_WORDS[is_new],
    }
    user_words = {"words": "{row}.username || ' ' || {row}.name"}
    statements = [
        *_statements("livefeed_post", post_words, "title, body, author_id, tags", TOKENIZERS[is_new]),
        *_statements("livefeed_user", user_words, "username, name", TOKENIZERS[is_new]),
    ]
    for statement in statements:
        schema_editor.execute(statement, params=None)


def _postgresql(punctuation: str) -> str:
    return rf"""
ALTER TABLE livefeed_post DROP COLUMN search;
ALTER TABLE livefeed_user DROP COLUMN search;
CREATE OR REPLACE FUNCTION livefeed_words(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(translate(
        regexp_replace(normalize($1, NFKD), '[\u0300-\u036F]', '', 'g'),
        $p${punctuation}'\$p$, repeat(' ', {len(punctuation) + 2})
    ))
$$;
ALTER TABLE livefeed_post ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', livefeed_words(title || ' ' || body))
    || array_to_tsvector(string_to_array('by' || author_id || ' #' || replace(tags, ' ', ' #'), ' '))
) STORED;
CREATE INDEX livefeed_post_search ON livefeed_post USING gin (search);
ALTER TABLE livefeed_user ADD COLUMN search tsvector GENERATED ALWAYS AS (
    to_tsvector('simple', livefeed_words(username || ' ' || name))
) STORED;
CREATE INDEX livefeed_user_search ON livefeed_user USING gin (search);
"""


def _statements(table: str, words: dict[str, str], columns: str, tokenizer: str) -> list[str]:
    names = ", ".join(words)
    old, new = (", ".join(word.format(row=row) for word in words.values()) for row in ("OLD", "NEW"))
    forget = f"INSERT INTO {table}_search ({table}_search, rowid, {names}) VALUES ('delete', OLD.id, {old});"
    keep = f"INSERT INTO {table}_search (rowid, {names}) VALUES (NEW.id, {new});"
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns.split(", "))
    selected = ", ".join(f"{word.format(row=table)} AS {name}" for name, word in words.items())
    return [
        *(f"DROP TRIGGER IF EXISTS {table}_search_{event}" for event in ("insert", "update", "delete")),
        f"DROP TABLE {table}_search",
        f"DROP VIEW {table}_words",
        f"CREATE VIEW {table}_words AS SELECT id, {selected} FROM {table}",
        f"""CREATE VIRTUAL TABLE {table}_search USING fts5({names}, content='{table}_words', content_rowid='id',
            tokenize='{tokenizer}', prefix='2 3')""",
        f"INSERT INTO {table}_search ({table}_search) VALUES ('rebuild')",
        f"CREATE TRIGGER {table}_search_insert AFTER INSERT ON {table} BEGIN {keep} END",
        f"CREATE TRIGGER {table}_search_delete AFTER DELETE ON {table} BEGIN {forget} END",
        f"""CREATE TRIGGER {table}_search_update AFTER UPDATE OF {columns} ON {table} WHEN {differs}
            BEGIN {forget} {keep} END""",
    ]


class Migration(migrations.Migration):
    dependencies = [("livefeed", "0022_repeated_notifications")]

    operations = [
        migrations.RunPython(create_index, restore_index),
        migrations.RunPython(find_tags, migrations.RunPython.noop),
    ]
