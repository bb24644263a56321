"""A Tinsmith server from Python, in a way that reads the same with and without `await`.

with Client() as client:
    project = client.project(client.projects.find("watch").id)
    project.samples.upload("recordings/", category="split")
    job = project.jobs.train(impulse_id)
    project.jobs.wait(job.id)
"""

from tinsmith.client.client import AsyncClient, Client, ProjectClient
from tinsmith.client.downloading import Downloaded
from tinsmith.client.errors import (
    BrokenServerError,
    ConflictError,
    ForbiddenError,
    JobError,
    NotFoundError,
    NotSignedInError,
    RefusedError,
    StaleError,
    TooLargeError,
    TooManyError,
    UnavailableError,
    UnusableError,
)
from tinsmith.client.login import (
    Login,
    clean_url,
    find_login,
    forget_login,
    load_login,
    login_file,
    save_login,
)
from tinsmith.client.resources.jobs import JobLimits
from tinsmith.client.uploading import SampleFile

__all__ = [
    "AsyncClient",
    "Client",
    "ProjectClient",
    "SampleFile",
    "JobLimits",
    "Downloaded",
    "Login",
    "clean_url",
    "find_login",
    "forget_login",
    "load_login",
    "login_file",
    "save_login",
    "BrokenServerError",
    "ConflictError",
    "ForbiddenError",
    "JobError",
    "NotFoundError",
    "NotSignedInError",
    "RefusedError",
    "StaleError",
    "TooLargeError",
    "TooManyError",
    "UnavailableError",
    "UnusableError",
]
