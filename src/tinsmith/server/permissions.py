"""Who may do what: the one table of all endpoints.

Every endpoint has a line in `ACCESS`; an endpoint without one, or a line without an endpoint, stops
the server from starting. Roles and scopes are granted permissions in `GRANTS`.
"""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """What an endpoint asks for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ACCOUNT_CREATE = "account.create"
    ACCOUNT_MANAGE = "account.manage"
    SERVER_MANAGE = "server.manage"
    ORGANIZATION_READ = "organization.read"
    ORGANIZATION_PEOPLE = "organization.people"
    ORGANIZATION_CREATE_PROJECT = "organization.create_project"
    ORGANIZATION_MANAGE = "organization.manage"
    PROJECT_READ = "project.read"
    PROJECT_PEOPLE = "project.people"
    PROJECT_EDIT = "project.edit"
    PROJECT_MANAGE = "project.manage"
    PROJECT_RESTORE = "project.restore"
    SAMPLES_ADD = "samples.add"
    DEPLOYMENTS_READ = "deployments.read"
    DEPLOYMENTS_BUILD = "deployments.build"


P = Permission

_VIEWER = frozenset({P.PROJECT_READ, P.PROJECT_PEOPLE, P.DEPLOYMENTS_READ})
_EDITOR = _VIEWER | {P.PROJECT_EDIT, P.SAMPLES_ADD, P.DEPLOYMENTS_BUILD}
_OWNER = _EDITOR | {P.PROJECT_MANAGE, P.PROJECT_RESTORE}
_MEMBER = frozenset({P.ORGANIZATION_READ, P.ORGANIZATION_PEOPLE, P.ORGANIZATION_CREATE_PROJECT})

# What a role in a project, or the scope of a key, may do there.
PROJECT_GRANTS: dict[str, frozenset[Permission]] = {
    "owner": _OWNER,
    "editor": _EDITOR,
    "viewer": _VIEWER,
}
SCOPE_GRANTS: dict[str, frozenset[Permission]] = {
    "admin": _OWNER,
    "read-only": _VIEWER,
    "ingestion": frozenset({P.SAMPLES_ADD}),
    "ingestion+deployment": frozenset({P.SAMPLES_ADD, P.DEPLOYMENTS_READ, P.DEPLOYMENTS_BUILD}),
}
ORGANIZATION_GRANTS: dict[str, frozenset[Permission]] = {
    "admin": _MEMBER | {P.ORGANIZATION_MANAGE},
    "member": _MEMBER,
    "guest": frozenset({P.ORGANIZATION_READ}),
}
# What a key that is bound to no project may do in the organizations of its user.
ORGANIZATION_SCOPE_GRANTS: dict[str, frozenset[Permission]] = {
    "admin": ORGANIZATION_GRANTS["admin"],
    "read-only": frozenset({P.ORGANIZATION_READ, P.ORGANIZATION_PEOPLE}),
}
# What people may do for themselves: all in person, and with keys bound to no project what cannot
# make such a key outlive its end.
IN_PERSON = frozenset({P.ACCOUNT_CREATE, P.ACCOUNT_MANAGE})
ACCOUNT_SCOPE_GRANTS: dict[str, frozenset[Permission]] = {"admin": frozenset({P.ACCOUNT_CREATE})}
# What a role in an organization means in the organization's projects; guests see only those they
# are invited into.
PROJECT_ROLE_OF_MEMBER: dict[str, str] = {"admin": "owner", "member": "editor"}

ACCESS: dict[str, Permission] = {
    # system
    "get_health": P.PUBLIC,
    "get_about": P.PUBLIC,
    # accounts
    "create_session": P.PUBLIC,
    "create_session_from_link": P.PUBLIC,
    "delete_session": P.SIGNED_IN,
    "get_me": P.SIGNED_IN,
    "update_me": P.ACCOUNT_MANAGE,
    "change_password": P.ACCOUNT_MANAGE,
    "list_sessions": P.ACCOUNT_MANAGE,
    "revoke_session": P.ACCOUNT_MANAGE,
    "revoke_other_sessions": P.ACCOUNT_MANAGE,
    "list_my_keys": P.ACCOUNT_MANAGE,
    "create_my_key": P.ACCOUNT_MANAGE,
    "delete_my_key": P.ACCOUNT_MANAGE,
    # users
    "list_users": P.SERVER_MANAGE,
    "create_user": P.SERVER_MANAGE,
    "get_user": P.SERVER_MANAGE,
    "update_user": P.SERVER_MANAGE,
    "create_login_link": P.SERVER_MANAGE,
    # organizations
    "list_organizations": P.SIGNED_IN,
    "create_organization": P.ACCOUNT_CREATE,
    "get_organization": P.ORGANIZATION_READ,
    "update_organization": P.ORGANIZATION_MANAGE,
    "delete_organization": P.ORGANIZATION_MANAGE,
    "list_members": P.ORGANIZATION_PEOPLE,
    "add_member": P.ORGANIZATION_MANAGE,
    "update_member": P.ORGANIZATION_MANAGE,
    "remove_member": P.ORGANIZATION_MANAGE,
    # invitations
    "show_invitation": P.PUBLIC,
    "accept_invitation": P.PUBLIC,
    "list_organization_invitations": P.ORGANIZATION_MANAGE,
    "invite_to_organization": P.ORGANIZATION_MANAGE,
    "revoke_organization_invitation": P.ORGANIZATION_MANAGE,
    "list_project_invitations": P.PROJECT_MANAGE,
    "invite_to_project": P.PROJECT_MANAGE,
    "revoke_project_invitation": P.PROJECT_MANAGE,
    # audit
    "list_audit": P.SERVER_MANAGE,
    "list_organization_audit": P.ORGANIZATION_MANAGE,
    "list_project_audit": P.PROJECT_MANAGE,
    # projects
    "list_projects": P.SIGNED_IN,
    "create_project": P.ACCOUNT_CREATE,
    "get_project": P.PROJECT_READ,
    "update_project": P.PROJECT_EDIT,
    "set_visibility": P.PROJECT_MANAGE,
    "transfer_project": P.PROJECT_MANAGE,
    "delete_project": P.PROJECT_MANAGE,
    "list_deleted_projects": P.SIGNED_IN,
    "restore_project": P.PROJECT_RESTORE,
    "erase_project": P.PROJECT_RESTORE,
    # collaborators
    "list_collaborators": P.PROJECT_PEOPLE,
    "add_collaborator": P.PROJECT_MANAGE,
    "update_collaborator": P.PROJECT_MANAGE,
    "remove_collaborator": P.PROJECT_MANAGE,
    # keys
    "list_api_keys": P.PROJECT_MANAGE,
    "create_api_key": P.PROJECT_MANAGE,
    "delete_api_key": P.PROJECT_MANAGE,
    "list_hmac_keys": P.PROJECT_MANAGE,
    "create_hmac_key": P.PROJECT_MANAGE,
    "delete_hmac_key": P.PROJECT_MANAGE,
    # samples
    "upload_sample": P.SAMPLES_ADD,
    "upload_samples": P.SAMPLES_ADD,
    "list_samples": P.PROJECT_READ,
    "get_sample_counts": P.PROJECT_READ,
    "get_sample_summary": P.PROJECT_READ,
    "get_sample": P.PROJECT_READ,
    "update_sample": P.PROJECT_EDIT,
    "delete_sample": P.PROJECT_EDIT,
    "crop_sample": P.PROJECT_EDIT,
    "uncrop_sample": P.PROJECT_EDIT,
    "find_sample_events": P.PROJECT_READ,
    "split_sample": P.PROJECT_EDIT,
    "segment_sample": P.PROJECT_EDIT,
    "edit_samples": P.PROJECT_EDIT,
    "delete_samples": P.PROJECT_EDIT,
    "restore_samples": P.PROJECT_EDIT,
    "empty_sample_trash": P.PROJECT_EDIT,
    "plan_sample_split": P.PROJECT_READ,
    "apply_sample_split": P.PROJECT_EDIT,
    "get_sample_detail": P.PROJECT_READ,
    "get_sample_values": P.PROJECT_READ,
    "download_sample_values": P.PROJECT_READ,
    "get_sample_spectrogram": P.PROJECT_READ,
    "get_sample_thumbnail": P.PROJECT_READ,
    "download_sample": P.PROJECT_READ,
    # targets
    "list_boards": P.SIGNED_IN,
    "get_target": P.PROJECT_READ,
    "set_target": P.PROJECT_EDIT,
    # designs in the making
    "list_blocks": P.PROJECT_READ,
    "suggest_design": P.PROJECT_READ,
    "check_design": P.PROJECT_READ,
    "list_window_sizes": P.PROJECT_READ,
    "preview_design": P.PROJECT_READ,
    "autotune_block": P.PROJECT_READ,
    # uploads, imports, exports
    "get_upload_options": P.SAMPLES_ADD,
    "create_upload": P.SAMPLES_ADD,
    "append_to_upload": P.SAMPLES_ADD,
    "list_uploads": P.SAMPLES_ADD,
    "get_upload": P.SAMPLES_ADD,
    "delete_upload": P.SAMPLES_ADD,
    "list_import_formats": P.SIGNED_IN,
    "start_import": P.SAMPLES_ADD,
    "apply_import": P.SAMPLES_ADD,
    "list_imported_files": P.PROJECT_READ,
    "undo_import": P.PROJECT_EDIT,
    "start_data_export": P.PROJECT_READ,
    "download_data_export": P.PROJECT_READ,
    # tables
    "sniff_table": P.SAMPLES_ADD,
    "preview_table": P.SAMPLES_ADD,
    "get_import_rule": P.PROJECT_READ,
    "set_import_rule": P.PROJECT_EDIT,
    "delete_import_rule": P.PROJECT_EDIT,
    # impulses
    "list_impulses": P.PROJECT_READ,
    "create_impulse": P.PROJECT_EDIT,
    "get_impulse": P.PROJECT_READ,
    "update_impulse": P.PROJECT_EDIT,
    "change_impulse": P.PROJECT_EDIT,
    "delete_impulse": P.PROJECT_EDIT,
    "restore_impulse": P.PROJECT_EDIT,
    "clone_impulse": P.PROJECT_EDIT,
    "use_model": P.PROJECT_EDIT,
    "set_thresholds": P.PROJECT_EDIT,
    "delete_thresholds": P.PROJECT_EDIT,
    # jobs
    "list_jobs": P.PROJECT_READ,
    "get_job": P.PROJECT_READ,
    "list_job_events": P.PROJECT_READ,
    "stream_job_events": P.PROJECT_READ,
    "watch_job_events": P.PROJECT_READ,
    "cancel_job": P.PROJECT_EDIT,
    "retry_job": P.PROJECT_EDIT,
    "start_features": P.PROJECT_EDIT,
    "start_training": P.PROJECT_EDIT,
    "start_retraining": P.PROJECT_EDIT,
    "start_testing": P.PROJECT_EDIT,
    "start_profiling": P.PROJECT_EDIT,
    # results
    "delete_model": P.PROJECT_EDIT,
    "download_model_file": P.PROJECT_READ,
    "list_models": P.PROJECT_READ,
    "get_model": P.PROJECT_READ,
    "list_profiles": P.PROJECT_READ,
    "get_profile": P.PROJECT_READ,
    "list_test_results": P.PROJECT_READ,
    "get_test_result": P.PROJECT_READ,
    "list_sample_results": P.PROJECT_READ,
    "list_window_results": P.PROJECT_READ,
    "classify_sample": P.PROJECT_EDIT,
    "classify_file": P.PROJECT_EDIT,
    "get_classification": P.PROJECT_READ,
    # explorer
    "start_explorer": P.PROJECT_EDIT,
    "get_map": P.PROJECT_READ,
    "start_importance": P.PROJECT_EDIT,
    "get_importance": P.PROJECT_READ,
    "start_feature_files": P.PROJECT_EDIT,
    "list_feature_files": P.PROJECT_READ,
    "download_feature_file": P.PROJECT_READ,
    # deployments
    "list_deployment_options": P.DEPLOYMENTS_READ,
    "start_deployment": P.DEPLOYMENTS_BUILD,
    "list_deployments": P.DEPLOYMENTS_READ,
    "get_deployment": P.DEPLOYMENTS_READ,
    "delete_deployment": P.PROJECT_EDIT,
    "download_deployment": P.DEPLOYMENTS_READ,
    "measure_deployment": P.DEPLOYMENTS_READ,
    # whole projects
    "import_project": P.ACCOUNT_CREATE,
    "start_export": P.PROJECT_READ,
    "list_exports": P.PROJECT_READ,
    "download_export": P.PROJECT_READ,
    "delete_export": P.PROJECT_EDIT,
    # versions
    "start_version": P.PROJECT_EDIT,
    "list_versions": P.PROJECT_READ,
    "get_version": P.PROJECT_READ,
    "update_version": P.PROJECT_EDIT,
    "delete_version": P.PROJECT_MANAGE,
    "compare_versions": P.PROJECT_READ,
    "restore_version": P.PROJECT_EDIT,
    "copy_version": P.PROJECT_READ,
    # devices
    "list_devices": P.PROJECT_READ,
    "get_device": P.PROJECT_READ,
    "update_device": P.PROJECT_EDIT,
    "delete_device": P.PROJECT_EDIT,
    "start_sampling": P.SAMPLES_ADD,
    "list_samplings": P.PROJECT_READ,
    "get_sampling": P.PROJECT_READ,
    "cancel_sampling": P.SAMPLES_ADD,
    "stream_device_events": P.PROJECT_READ,
    "connect_device": P.SAMPLES_ADD,
}
