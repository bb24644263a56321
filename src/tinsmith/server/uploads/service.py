"""Uploads from their first byte to samples."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tinsmith.core.errors import InputError
from tinsmith.datasets import FileSource
from tinsmith.jobs.failure import describe
from tinsmith.jobs.queue import submit
from tinsmith.jobs.tasks.import_data import (
    ImportArguments,
    ImportOptions,
    ImportSource,
    intake_options,
    is_archive,
)
from tinsmith.server.context import Caller, Context
from tinsmith.server.errors import NotFoundError, TooLargeError, TooManyError
from tinsmith.server.jobs.schemas import JobError
from tinsmith.server.uploads.files import GoneError, UploadFiles
from tinsmith.server.uploads.protocol import Wanted
from tinsmith.server.uploads.schemas import UploadJob, UploadOut, UploadState
from tinsmith.signals.video import is_video
from tinsmith.store.intake.arrivals import PlaceOptions, place
from tinsmith.store.intake.folder import Found, read_upload
from tinsmith.store.tables import Job, SampleRow, Upload, now

# Larger files are read by a job.
READ_AT_ONCE_BYTES = 32 * 1024 * 1024
_TOLD = 100
_ENDED = ("succeeded", "failed", "cancelled", "interrupted")


def files_of(context: Context) -> UploadFiles:
    """The folder of unfinished files."""
    return UploadFiles(context.settings.data)


def create(context: Context, caller: Caller, project_id: int, size: int, wanted: Wanted) -> Upload:
    """Announces a file.

    Raises:
        TooLargeError: It is larger than allowed or than the disk.
        TooManyError: Too many have been begun and not ended.
    """
    limits, files = context.limits, files_of(context)
    if size > limits.upload_bytes:
        raise TooLargeError(f"{size} bytes; expected at most {limits.upload_bytes}")
    if not files.has_room(size):
        raise TooLargeError(
            f"{size} bytes do not fit on the server's disk", hint="free space on the server"
        )
    moment = now()
    upload = Upload(
        id=uuid.uuid4().hex,
        project_id=project_id,
        file_name=wanted.name,
        size=size,
        received=0,
        choices=wanted.options.model_dump(mode="json"),
        created_by=caller.user_id,
        expires_at=moment + timedelta(days=limits.upload_days),
    )
    files.create(upload.id)
    try:
        with context.database.write() as session:
            begun = select(func.count()).where(
                Upload.project_id == project_id,
                Upload.result.is_(None),
                Upload.expires_at > moment,
            )
            if (session.scalar(begun) or 0) >= limits.open_uploads:
                raise TooManyError(
                    f"{limits.open_uploads} uploads of this project are not finished",
                    hint="finish or delete some first",
                )
            session.add(upload)
    except BaseException:
        files.remove(upload.id)
        raise
    return upload


def get(session: Session, project_id: int, upload_id: str) -> Upload:
    """One upload.

    Raises:
        NotFoundError: The project has no such upload.
        GoneError: It has expired.
    """
    row = session.get(Upload, upload_id) if len(upload_id) == 32 else None
    if row is None or row.project_id != project_id:
        raise NotFoundError("the project has no such upload")
    if row.expires_at <= now():
        raise GoneError(f"the upload expired on {row.expires_at:%Y-%m-%d}", hint="start it again")
    return row


def list_uploads(
    session: Session, project_id: int, after: str | None, limit: int
) -> Sequence[Upload]:
    """Uploads of a project."""
    statement = select(Upload).where(Upload.project_id == project_id, Upload.expires_at > now())
    if after is not None:
        statement = statement.where(Upload.id > after)
    return session.scalars(statement.order_by(Upload.id).limit(limit)).all()


def offset(context: Context, upload: Upload) -> int:
    """Bytes that have arrived.

    Raises:
        GoneError: They are lost.
    """
    if upload.result is not None:
        return upload.size
    received = files_of(context).received(upload.id)
    if received is None:
        raise GoneError("the upload's bytes are gone", hint="start it again")
    return received


def delete(context: Context, upload: Upload) -> None:
    """Ends an upload; samples that were made of it stay.

    Raises:
        BusyError: Bytes of it are arriving.
    """
    files = files_of(context)
    if files.received(upload.id) is not None:
        with files.opened(upload.id):
            forget(context, upload.id)
    else:
        forget(context, upload.id)


def forget(context: Context, upload_id: str) -> None:
    """Removes an upload's row and its bytes."""
    with context.database.write() as session:
        row = session.get(Upload, upload_id)
        if row is not None:
            session.delete(row)
    files_of(context).remove(upload_id)


def complete(context: Context, upload: Upload) -> None:
    """Makes samples of a file that is there, or has a job do it; the caller holds the file.

    Raises:
        InputError: It cannot be used; nothing of it is kept.
    """
    files = files_of(context)
    path = files.path(upload.id)
    options = ImportOptions.model_validate(upload.choices)
    try:
        if _is_for_a_job(path, upload, options):
            _hand_over(context, upload, path, options)
        else:
            _read_now(context, upload, path, options)
    except InputError as error:
        _finish(context, upload, {"state": "failed", "error": describe(error)})
        files.remove(upload.id)
        raise
    files.remove(upload.id)


def _is_for_a_job(path: Path, upload: Upload, options: ImportOptions) -> bool:
    if upload.size > READ_AT_ONCE_BYTES or is_archive(upload.file_name) or not options.apply:
        return True
    with path.open("rb") as file:
        return is_video(upload.file_name, file.read(4096))


def _hand_over(context: Context, upload: Upload, path: Path, options: ImportOptions) -> None:
    content_hash = context.blobs.put_file(path).hash
    arguments = ImportArguments(
        source=ImportSource(kind="file", hash=content_hash, name=upload.file_name), options=options
    )
    with context.database.write() as session:
        job = submit(
            session,
            "import",
            arguments.model_dump(mode="json"),
            project_id=upload.project_id,
            created_by=upload.created_by,
        )
        result = {"state": "importing", "job_id": job.id, "blob": content_hash}
        _set_result(session, upload, result)
    context.dispatcher.wake()


def _read_now(context: Context, upload: Upload, path: Path, options: ImportOptions) -> None:
    work = files_of(context).work(upload.id)
    try:
        root, aside = work / "files", work / "aside"
        file = root / upload.file_name
        file.parent.mkdir(parents=True)
        aside.mkdir()
        os.link(path, file)
        with context.database.read() as session:
            intake = intake_options(session, upload.project_id, options)
        found = read_upload(root, aside, intake)
        if not found.arrivals:
            raise _refusal(upload, found)
        for arrival in found.arrivals:
            if isinstance(arrival.sample.source, FileSource):
                context.blobs.put_file(arrival.sample.source.path)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    placing = PlaceOptions(options.allow_duplicates, found.has_index, upload.created_by)
    with context.database.write() as session:
        placed = place(session, upload.project_id, found.arrivals, placing)
        numbers = [item.number for item in placed]
        added = sum(item.is_new for item in placed)
        result = {
            "state": "stored", "sample_ids": numbers[:_TOLD], "added": added,
            "duplicates": len(placed) - added,
            "problems": [asdict(problem) for problem in found.problems[:_TOLD]],
        }  # fmt: skip
        _set_result(session, upload, result)


def _refusal(upload: Upload, found: Found) -> InputError:
    if found.problems:
        first = found.problems[0]
        return InputError(first.message, hint=first.hint, path=upload.file_name)
    return InputError("the file holds no recording", path=upload.file_name)


def _set_result(session: Session, upload: Upload, result: dict[str, Any]) -> None:
    row = session.get(Upload, upload.id)
    if row is None:
        raise GoneError("the upload was deleted meanwhile")
    row.result = result
    row.received = row.size


def _finish(context: Context, upload: Upload, result: dict[str, Any]) -> None:
    with context.database.write() as session:
        _set_result(session, upload, result)


def upload_out(session: Session, context: Context, row: Upload) -> UploadOut:
    """An upload as the API shows it."""
    result = row.result or {}
    job = session.get(Job, result["job_id"]) if "job_id" in result else None
    state: UploadState = result.get("state", "receiving")
    if job is not None and job.state in _ENDED:
        state = "stored" if job.state == "succeeded" else "failed"
    received = files_of(context).received(row.id) if row.result is None else row.size
    return UploadOut(
        id=row.id,
        file_name=row.file_name,
        size=row.size,
        received=received or 0,
        state=state,
        sample_ids=result.get("sample_ids", []),
        added=result.get("added", 0),
        duplicates=result.get("duplicates", 0),
        problems=result.get("problems", []),
        error=JobError(**result["error"]) if "error" in result else None,
        job=UploadJob(id=job.id, state=job.state, result=job.result, error=_error(job))
        if job
        else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _error(job: Job) -> JobError | None:
    return JobError(**job.error) if job.error else None


def recover(context: Context) -> int:
    """Finishes files that had arrived whole when the server was cut off; how many."""
    with context.database.read() as session:
        open_ = session.scalars(select(Upload).where(Upload.result.is_(None))).all()
    done = 0
    for upload in open_:
        done += finish_if_whole(context, upload)
    return done


def finish_if_whole(context: Context, upload: Upload) -> bool:
    """Makes samples of a file all of whose bytes are there and of which nothing was made yet."""
    files = files_of(context)
    if upload.result is not None or files.received(upload.id) != upload.size:
        return False
    with files.opened(upload.id):
        with context.database.read() as session:
            fresh = session.get(Upload, upload.id)
        if fresh is None or fresh.result is not None:
            return False
        try:
            complete(context, fresh)
        except InputError:
            # What is wrong with it stands in its result.
            return True
    return True


def clean_up(context: Context) -> int:
    """Forgets expired uploads, and bytes that belong to none; how many uploads."""
    files = files_of(context)
    with context.database.read() as session:
        expired = session.scalars(select(Upload).where(Upload.expires_at <= now())).all()
        known = set(session.scalars(select(Upload.id).where(Upload.result.is_(None))))
    removed = 0
    for upload in expired:
        if _is_busy(context, upload):
            continue
        forget(context, upload.id)
        _drop_archive(context, upload)
        removed += 1
    if files.root.is_dir():
        for upload_id in files.found():
            if upload_id not in known and files.is_old(upload_id):
                files.remove(upload_id)
    return removed


def _is_busy(context: Context, upload: Upload) -> bool:
    """Whether a job still needs what was uploaded."""
    job_id = (upload.result or {}).get("job_id")
    if job_id is None:
        return False
    with context.database.read() as session:
        job = session.get(Job, job_id)
    return job is not None and job.state not in _ENDED


def _drop_archive(context: Context, upload: Upload) -> None:
    """Removes a stored archive or video that was imported, unless anything else needs it."""
    content_hash = (upload.result or {}).get("blob")
    if content_hash is None:
        return
    with context.database.read() as session:
        used = session.scalar(
            select(SampleRow.id).where(SampleRow.content_hash == content_hash).limit(1)
        )
        results = session.scalars(select(Upload.result).where(Upload.result.is_not(None))).all()
    if used is None and all((item or {}).get("blob") != content_hash for item in results):
        context.blobs.delete(content_hash)
