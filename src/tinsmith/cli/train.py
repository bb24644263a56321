"""`tinsmith train`."""

from __future__ import annotations

from pathlib import Path

from tinsmith.cli import remote
from tinsmith.cli.options import AnyProjectOption, JsonOption, next_step
from tinsmith.cli.output import console, note, print_json, progress_bars, table, warn


def train(
    project: AnyProjectOption = Path(),
    impulse: remote.ImpulseOption = None,
    wait: remote.WaitOption = True,
    as_json: JsonOption = False,
) -> None:
    """Compute features and learn from the training samples, here or on a server."""
    if remote.is_on_server(project):
        from tinsmith.cli.running import train_there

        train_there(project, impulse, wait=wait, as_json=as_json)
        return
    remote.on_folder(impulse)
    from tinsmith.impulse.fit import fit
    from tinsmith.impulse.project import open_project

    opened = open_project(project)
    design = opened.impulse()
    samples = opened.samples("training")
    with progress_bars(quiet=as_json) as progress:
        fitted = fit(design, samples, cache=opened.cache, progress=progress)
    opened.save_fitted(fitted)
    network, clusters = fitted.network, fitted.clusters
    if as_json:
        print_json(
            {
                "classes": list(fitted.classes),
                "parameters": network.parameters if network else 0,
                "history": network.history if network else [],
                "clusters": len(clusters.model.radius) if clusters else 0,
                "warnings": list(fitted.warnings),
            }
        )
        return
    for text in fitted.warnings:
        warn(text)
    shown = table("Trained", "block", "<what")
    for item in fitted.blocks:
        shown.add_row(item.id, f"{item.block.title}, {item.plan.num_features} features")
    if network:
        shown.add_row(
            network.id,
            f"{network.kind}, {network.parameters:,} parameters, {len(network.int8):,} bytes int8",
        )
        if network.history and network.history[-1].get("validation_metric") is not None:
            best = min(network.history, key=lambda epoch: epoch["validation_loss"])
            word = "accuracy" if network.kind == "classification" else "mean absolute error"
            shown.add_row("validation", f"{word} {best['validation_metric']:.3f}")
    if clusters:
        shown.add_row(
            clusters.id,
            f"K-means, {len(clusters.model.radius)} clusters on {', '.join(clusters.labels)}; "
            f"normal is {', '.join(clusters.normal) or 'everything it saw'}",
        )
    console().print(shown)
    note(next_step(project, "test"))
