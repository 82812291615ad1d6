"""URLs of the shared list of links."""

from django.urls import path

from links import views

urlpatterns = [
    path("links/", views.links, name="links"),
    path("links/<int:pk>/", views.link, name="link"),
    path("links/<int:pk>/delete/", views.delete_link, name="delete_link"),
]
