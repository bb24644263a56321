"""Verified packages of a fitted impulse: no agreement between builds, no package."""

from tinsmith.deployment.deploy import DeploymentResult, deploy, deploy_subject, subject_of
from tinsmith.deployment.report import VerificationReport
from tinsmith.deployment.subject import Subject, TestWindows
from tinsmith.deployment.target import DEPLOYMENT_TARGETS, DeploymentTarget, deployment_target
from tinsmith.deployment.verify import Verification, verify

__all__ = [
    "DEPLOYMENT_TARGETS",
    "DeploymentResult",
    "DeploymentTarget",
    "Subject",
    "TestWindows",
    "Verification",
    "VerificationReport",
    "deploy",
    "deploy_subject",
    "deployment_target",
    "subject_of",
    "verify",
]
