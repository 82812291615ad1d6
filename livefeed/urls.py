"""URLs of the site. The sockets' URLs are in consumers/routing.py."""

from importlib import import_module

from django.conf import settings as django_settings
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import module_has_submodule
from django.views.generic import RedirectView

from livefeed.views import (
    accounts,
    activation,
    announcements,
    dev_mail,
    feed,
    health,
    metrics,
    openid,
    profile,
    search,
    settings,
    signals,
    traces,
    two_step,
)
from livefeed.views.completion import CompletionView
from livefeed.views.deletion import DeletionView, RemovalView
from livefeed.views.follows import BellView, FollowView
from livefeed.views.notifications import NotificationsView, ReadView
from livefeed.views.pictures import PicturesView, PictureView, picture_file
from livefeed.views.polls import VotesView
from livefeed.views.posts import PostEditorView, PostsView, PostView, PreviewView
from livefeed.views.reactions import BookmarkView, LikeView
from livefeed.views.security import SecurityView
from livefeed.views.writing import WritingView

urlpatterns = [
    path("", feed.home, name="home"),
    path("explore/", feed.explore, name="explore"),
    path("explore/popular/", feed.popular, name="popular"),
    path("search/", search.search_page, name="search"),
    path("tags/<str:tag>/", feed.tag, name="tag"),
    path("@<str:username>/", profile.profile, name="profile"),
    path("@<str:username>/follow/", FollowView.as_view(), name="follow"),
    path("@<str:username>/bell/", BellView.as_view(), name="bell"),
    path("@<str:username>/<str:tab>/", profile.profile, name="profile_tab"),
    path("notifications/", NotificationsView.as_view(), name="notifications"),
    path("notifications/read/", ReadView.as_view(), name="notifications_read"),
    path("settings/", settings.index, name="settings"),
    path("settings/first-steps/", settings.FirstStepsView.as_view(), name="first_steps"),
    path("settings/profile/", settings.ProfileSettingsView.as_view(), name="settings_profile"),
    path("settings/display/", settings.DisplayView.as_view(), name="settings_display"),
    path("settings/notifications/", settings.NotificationSettingsView.as_view(), name="settings_notifications"),
    path("settings/sessions/", settings.SessionsView.as_view(), name="settings_sessions"),
    path("settings/sessions/<int:sign_in>/", settings.SessionView.as_view(), name="settings_session"),
    path("settings/tokens/<int:pk>/", settings.TokenView.as_view(), name="settings_token"),
    path("settings/data/", settings.DataView.as_view(), name="settings_data"),
    path("settings/data/export.zip", settings.ExportView.as_view(), name="settings_export"),
    path("settings/delete/", settings.DeleteAccountView.as_view(), name="settings_delete"),
    path("settings/security/", SecurityView.as_view(), name="settings_security"),
    path("posts/", PostsView.as_view(), name="posts"),
    path("posts/complete/", CompletionView.as_view(), name="complete"),
    path("posts/preview/", PreviewView.as_view(), name="preview"),
    path("posts/<int:pk>/", PostView.as_view(), name="post"),
    path("posts/<int:pk>/delete/", DeletionView.as_view(), name="delete_post"),
    path("posts/<int:pk>/removal/", RemovalView.as_view(), name="removal"),
    path("posts/<int:pk>/like/", LikeView.as_view(), name="like"),
    path("posts/<int:pk>/votes/", VotesView.as_view(), name="votes"),
    path("posts/<int:pk>/bookmark/", BookmarkView.as_view(), name="bookmark"),
    path("posts/<int:pk>/writing/", WritingView.as_view(), name="writing"),
    path("pictures/", PicturesView.as_view(), name="pictures"),
    path("pictures/<uuid:pk>/", PictureView.as_view(), name="picture_in_form"),
    path("pictures/<uuid:pk>/<str:size>.webp", picture_file, name="picture"),
    path("bookmarks/", feed.bookmarks, name="bookmarks"),
    path("posts/<int:pk>/edit/", PostEditorView.as_view(), name="edit_post"),
    path("accounts/signup/", accounts.SignupView.as_view(), name="account_signup"),
    path("accounts/login/", accounts.LoginView.as_view(), name="account_login"),
    path("accounts/reauthenticate/", accounts.ReauthenticateView.as_view(), name="account_reauthenticate"),
    path("accounts/password/change/", accounts.PasswordChangeView.as_view(), name="account_change_password"),
    path("accounts/password/reset/", accounts.PasswordResetView.as_view(), name="account_reset_password"),
    path("accounts/activation/", activation.ActivationView.as_view(), name="activation"),
    path("accounts/email/", accounts.EmailView.as_view(), name="account_email"),
    path("accounts/confirm-email/<str:key>/", activation.ConfirmEmailView.as_view(), name="account_confirm_email"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", two_step.security_page, name="mfa_index"),
    path("accounts/2fa/authenticate/", two_step.SecondStepView.as_view(), name="mfa_authenticate"),
    path("accounts/2fa/reauthenticate/", two_step.ReauthenticateCodeView.as_view(), name="mfa_reauthenticate"),
    path("accounts/2fa/totp/activate/", two_step.ActivateAppView.as_view(), name="mfa_activate_totp"),
    path("accounts/2fa/recovery-codes/", two_step.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path("accounts/2fa/webauthn/", two_step.security_page, name="mfa_list_webauthn"),
    path("accounts/2fa/webauthn/add/", two_step.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path("accounts/2fa/webauthn/login/", two_step.PasskeyLoginView.as_view(), name="mfa_login_webauthn"),
    path(
        "accounts/2fa/webauthn/reauthenticate/",
        two_step.ReauthenticatePasskeyView.as_view(),
        name="mfa_reauthenticate_webauthn",
    ),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("accounts/oidc/<str:provider_id>/login/", openid.start, name="openid_connect_login"),
    path("accounts/oidc/<str:provider_id>/login/callback/", openid.callback, name="openid_connect_callback"),
    path("accounts/social/", openid.ConnectionsView.as_view(), name="socialaccount_connections"),
    path("accounts/social/", include("allauth.socialaccount.urls")),
    path("announcements/", announcements.announcements, name="announcements"),
    path("announcements/<int:pk>/dismissal/", announcements.DismissalView.as_view(), name="dismissal"),
    path("admin/announcements/<int:pk>/", announcements.readers, name="announcement_readers"),
    path("admin/live/", traces.overview, name="traces"),
    path("admin/live/<int:trace_id>/", traces.detail, name="trace"),
    path("admin/live/why/", traces.why, name="trace_why"),
    path("admin/live/report/", traces.report, name="trace_report"),
    path("admin/signals/", signals.overview, name="signals"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics, name="metrics"),
    path("dev/mail/", dev_mail.mailbox, name="dev_mail"),
    *(
        path("", include(f"{app}.urls"))
        for app in django_settings.LIVEFEED_APPS
        if module_has_submodule(import_module(app), "urls")
    ),
]

handler400 = "livefeed.views.errors.bad_request"
handler403 = "livefeed.views.errors.forbidden"
handler404 = "livefeed.views.errors.not_found"
handler429 = "livefeed.views.errors.too_many"  # used by allauth
handler500 = "livefeed.views.errors.broken"
