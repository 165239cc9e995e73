"""Prompts that improve themselves.

`TinyArms` opens a project. The other names are the types of its answers, and the errors.
"""

from __future__ import annotations

from importlib import import_module

# `import tinyarms` imports none of these modules, which bring the database and the models along,
# nor `typing`, which takes half as long as Python itself.
# `__init__.pyi` lists the same names for type checkers.
_MODULES = {
    "tinyarms.core.errors": (
        "ApprovalRequired",
        "BadReply",
        "CallStopped",
        "CheckTimeout",
        "ConfigError",
        "ConflictError",
        "ContractViolation",
        "DatabaseDamaged",
        "ExampleError",
        "ExperimentError",
        "GateInterrupted",
        "ImportRefused",
        "LeaseHeld",
        "LeaseLost",
        "ModelBusy",
        "ModelError",
        "ModelRejected",
        "ModelTimeout",
        "ModelUnavailable",
        "NewerSchema",
        "NotEvolvable",
        "NotScored",
        "PictureError",
        "PromptError",
        "ServiceAway",
        "ServiceError",
        "StoreError",
        "TinyArmsError",
        "UnwritableFiles",
        "UsageError",
    ),
    "tinyarms.core.prices": ("Money",),
    "tinyarms.experiments.evidence": ("GateEvidence",),
    "tinyarms.experiments.gate_outlook": (
        "GateOutlook",
        "SplitSizes",
    ),
    "tinyarms.experiments.paired_check": ("PairedCheck",),
    "tinyarms.experiments.simulation.forecast": (
        "SimulatedRule",
        "SimulatedScenario",
    ),
    "tinyarms.loop.api.facade": ("TinyArms",),
    "tinyarms.loop.approving.view": (
        "PatchView",
        "RefusedView",
        "ReviewView",
    ),
    "tinyarms.loop.calling.speed": ("SpeedView",),
    "tinyarms.loop.diagnosing.finding": (
        "DoctorFinding",
        "DoctorView",
    ),
    "tinyarms.loop.evaluating.check": (
        "CheckView",
        "CheckedSkill",
    ),
    "tinyarms.loop.evaluating.view": (
        "ChangedRow",
        "ComparedView",
        "Confusion",
        "EvalView",
        "EvaluatedPrompt",
        "LeftOutRow",
        "ScoreSpread",
        "WrongAnswer",
    ),
    "tinyarms.loop.exporting.view": ("ExportView",),
    "tinyarms.loop.housekeeping.drift": (
        "DriftPoint",
        "DriftView",
    ),
    "tinyarms.loop.housekeeping.forget": ("Forgotten",),
    "tinyarms.loop.housekeeping.prune": ("Pruned",),
    "tinyarms.loop.importing.adding": ("AddedExamples",),
    "tinyarms.loop.importing.new_skill": (
        "ProposedRow",
        "SkillProposal",
    ),
    "tinyarms.loop.importing.view": (
        "ImportView",
        "ImportedPrompt",
        "ListedPart",
        "RewrittenPart",
    ),
    "tinyarms.loop.project.access_tokens": (
        "AccessToken",
        "NewToken",
    ),
    "tinyarms.loop.project.config_files": (
        "ProjectSettings",
        "SkillSettings",
    ),
    "tinyarms.loop.project.example_findings": ("ExampleFinding",),
    "tinyarms.loop.project.example_report": ("ExampleReport",),
    "tinyarms.loop.project.example_review": (
        "CollectedView",
        "ReviewedExample",
    ),
    "tinyarms.loop.project.example_sets": (
        "ExamplesView",
        "LeftOutView",
    ),
    "tinyarms.loop.project.example_splits": ("SplitsView",),
    "tinyarms.loop.project.listener": ("Estimate",),
    "tinyarms.loop.project.setting_sources": ("SettingRow",),
    "tinyarms.loop.project.starter": ("ModelView",),
    "tinyarms.loop.project.shown_examples": (
        "ExampleRow",
        "ExampleRows",
    ),
    "tinyarms.loop.project.widget_tokens": (
        "WidgetGrant",
        "WidgetToken",
    ),
    "tinyarms.loop.refreshing.view": ("RefreshView",),
    "tinyarms.loop.releasing.restore": ("Promotion",),
    "tinyarms.loop.reporting.course": (
        "CoursePoint",
        "CourseRelease",
        "CourseView",
    ),
    "tinyarms.loop.reporting.daemon_status": (
        "DaemonStatus",
        "SkillStanding",
    ),
    "tinyarms.loop.reporting.failures": (
        "FailureExample",
        "FailureGroupView",
        "FailuresView",
    ),
    "tinyarms.loop.reporting.held_out_reuse": ("ReuseView",),
    "tinyarms.loop.reporting.history": (
        "HistoryView",
        "LiveEffectView",
        "MeasuredView",
    ),
    "tinyarms.loop.reporting.memories": (
        "MemoryView",
        "RecallView",
        "SentMessage",
    ),
    "tinyarms.loop.reporting.operations": (
        "RunningSearch",
        "SkillLock",
        "SpoolView",
    ),
    "tinyarms.loop.reporting.population": (
        "CandidateView",
        "PopulationView",
        "RefusedCandidate",
    ),
    "tinyarms.loop.reporting.result_variants": ("ResultVariant",),
    "tinyarms.loop.reporting.results": ("ResultsView",),
    "tinyarms.loop.reporting.side_by_side": (
        "ComparedExample",
        "FinalistAnswer",
        "SideBySideView",
    ),
    "tinyarms.loop.reporting.spend": (
        "ModelSpend",
        "Spend",
    ),
    "tinyarms.loop.reporting.spent": ("SpentView",),
    "tinyarms.loop.reporting.standings": ("StandingsView",),
    "tinyarms.loop.reporting.stats": (
        "FailureView",
        "StatsView",
    ),
    "tinyarms.loop.reporting.versions": ("DiffView",),
    "tinyarms.loop.reporting.vote_course": (
        "ArmCourse",
        "VoteCourseView",
    ),
    "tinyarms.loop.reporting.waits": ("WaitsView",),
    "tinyarms.loop.searching.answer": (
        "EvolveView",
        "VariantView",
    ),
    "tinyarms.loop.searching.manual_results": ("ManualView",),
    "tinyarms.loop.searching.operator_stats": ("OperatorView",),
    "tinyarms.loop.searching.suggestion": ("Suggestion",),
    "tinyarms.loop.serving.feedback": ("FeedbackResult",),
    "tinyarms.loop.serving.skill_form": ("SkillForm",),
    "tinyarms.loop.serving.tasks": (
        "RunningTask",
        "TaskResult",
    ),
    "tinyarms.loop.testing.annoyance": ("Annoyance",),
    "tinyarms.loop.testing.ballots": (
        "BallotView",
        "OptionView",
    ),
    "tinyarms.loop.testing.cancel": ("Cancelled",),
    "tinyarms.loop.testing.create": ("Created",),
    "tinyarms.loop.testing.forecast": ("SimulationView",),
    "tinyarms.loop.testing.gate_report": (
        "GateLine",
        "GateReport",
    ),
    "tinyarms.loop.testing.variant_counts": (
        "CutVariant",
        "VariantCounts",
    ),
    "tinyarms.loop.testing.vote_view": (
        "Bar",
        "VoteView",
    ),
    "tinyarms.loop.watching.check": ("SkillCheck",),
    "tinyarms.loop.watching.events": ("Event",),
    "tinyarms.loop.watching.online_state": ("OnlineView",),
    "tinyarms.monitoring.verdict": ("Reading",),
    "tinyarms.skills.execution": ("ModelReply",),
    "tinyarms.skills.explanation": (
        "Explanation",
        "LabelChance",
        "ShownExample",
    ),
    "tinyarms.skills.prompt": (
        "Demonstration",
        "Prompt",
        "PromptVersion",
        "Retrieval",
    ),
    "tinyarms.skills.verbalizer": ("Verbalizer",),
    "tinyarms.store.db.records.session": (
        "JudgeGrades",
        "ProbeResult",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
