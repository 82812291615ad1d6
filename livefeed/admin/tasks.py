"""Admin of background tasks."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.tasks import TaskResultStatus
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult, DBTaskResultQuerySet

from livefeed.tasks import worker

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """Tasks with their states and errors. Tasks that are ready or have failed can be run again."""

    actions = ["run_again"]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("task_name", "status", "attempts", "display_run_after", "exception_class_path", "enqueued_at")

    def get_list_filter(self, request: HttpRequest) -> tuple[str, ...]:
        return ("status",)

    @admin.display(description="tried")
    def attempts(self, task: "DBTaskResult[Any, Any]") -> int:
        return len(task.worker_ids)

    @admin.action(description="Run the selected tasks again", permissions=["run"])
    def run_again(self, request: HttpRequest, tasks: DBTaskResultQuerySet) -> None:
        requeued = worker.requeue(tasks.filter(status__in=(TaskResultStatus.FAILED, TaskResultStatus.READY)))
        self.message_user(request, f"{requeued} will run again.", messages.SUCCESS)

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_tasks_database.change_dbtaskresult")
