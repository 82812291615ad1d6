"""Where static files are served from in production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names each file after its content, the modules that scripts import from each other included."""

    support_js_module_import_aggregation = True
