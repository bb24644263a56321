"""All tables; importing this module registers every one of them."""

from tinsmith.store.tables.accounts import (
    ApiKey,
    AuditEvent,
    Collaborator,
    HmacKey,
    Invitation,
    LoginFailure,
    LoginLink,
    LoginSession,
    Membership,
    Organization,
    User,
)
from tinsmith.store.tables.base import Base, now
from tinsmith.store.tables.impulses import (
    Artifact,
    Deployment,
    ImpulseRow,
    Model,
    ProfileRow,
    TestResult,
)
from tinsmith.store.tables.jobs import Job, JobEvent
from tinsmith.store.tables.projects import Device, Project, Setting, Version
from tinsmith.store.tables.samples import (
    NameBlock,
    SampleCount,
    SampleLabel,
    SampleMetadata,
    SampleRow,
    Upload,
)

__all__ = [
    "ApiKey", "Artifact", "AuditEvent", "Base", "Collaborator", "Deployment", "Device", "HmacKey",
    "ImpulseRow", "Invitation", "Job", "JobEvent", "LoginFailure", "LoginLink", "LoginSession",
    "Membership", "Model", "NameBlock", "Organization", "ProfileRow", "Project", "SampleCount",
    "SampleLabel", "SampleMetadata", "SampleRow", "Setting", "TestResult", "Upload", "User",
    "Version", "now",
]  # fmt: skip
