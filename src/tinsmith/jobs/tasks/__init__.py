"""All kinds of jobs, by name.

A new kind is one file here, with its arguments and one function, and one line in `KINDS`:

    class ExportArguments(Arguments):           # what may be asked, with limits and defaults
        with_models: bool = True

    def export(context: TaskContext, arguments: ExportArguments) -> Outcome:
        ...                                     # long work; blobs may be stored as they are made
        def store(session: Session) -> dict[str, Any]:
            ...                                 # rows; one short transaction that also ends the job
        return Outcome(store)

The function runs in a process of its own. It reports with `context.events` (`log`, `metric`,
`progress`), raises `TinsmithError` for what its user can mend, and writes no row before `store`:
a job that is cancelled, killed or fails leaves nothing behind.
"""

from __future__ import annotations

from typing import Any

from tinsmith.jobs.kind import Kind
from tinsmith.jobs.tasks.classify import ClassifyArguments, classify
from tinsmith.jobs.tasks.deploy import DeployArguments, deploy
from tinsmith.jobs.tasks.erase import EraseArguments, erase
from tinsmith.jobs.tasks.explorer import ExplorerArguments, explorer
from tinsmith.jobs.tasks.export_data import ExportArguments, export_data
from tinsmith.jobs.tasks.export_project import ExportProjectArguments, export_project
from tinsmith.jobs.tasks.feature_files import FeatureFilesArguments, feature_files
from tinsmith.jobs.tasks.features import FeaturesArguments, features
from tinsmith.jobs.tasks.import_data import ImportArguments, import_data
from tinsmith.jobs.tasks.import_project import ImportProjectArguments, import_project
from tinsmith.jobs.tasks.importance import ImportanceArguments, importance
from tinsmith.jobs.tasks.profile import ProfileArguments, profile
from tinsmith.jobs.tasks.restore import RestoreArguments, restore
from tinsmith.jobs.tasks.retrain import RetrainArguments, retrain
from tinsmith.jobs.tasks.test import TestArguments, test
from tinsmith.jobs.tasks.train import TrainArguments, train
from tinsmith.jobs.tasks.version import VersionArguments, version

KINDS: dict[str, Kind[Any]] = {
    "features": Kind(FeaturesArguments, features),
    "train": Kind(TrainArguments, train),
    "retrain": Kind(RetrainArguments, retrain),
    "test": Kind(TestArguments, test),
    "profile": Kind(ProfileArguments, profile),
    "deploy": Kind(DeployArguments, deploy),
    "classify": Kind(ClassifyArguments, classify),
    "explorer": Kind(ExplorerArguments, explorer),
    "importance": Kind(ImportanceArguments, importance),
    "feature_files": Kind(FeatureFilesArguments, feature_files),
    "erase": Kind(EraseArguments, erase),
    "import": Kind(ImportArguments, import_data),
    "export": Kind(ExportArguments, export_data),
    "version": Kind(VersionArguments, version),
    "restore": Kind(RestoreArguments, restore),
    "export_project": Kind(ExportProjectArguments, export_project),
    "import_project": Kind(ImportProjectArguments, import_project),
}
