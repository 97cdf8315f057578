"""Statistical quality of a grouping: how well its groups tell dear cases from cheap ones."""

from __future__ import annotations

from drg.analysis.quality.moments import GroupMoments
from drg.analysis.quality.quality_evaluation import Evaluation, evaluate
from drg.analysis.trimming import Trimming

__all__ = ["Evaluation", "GroupMoments", "Trimming", "evaluate"]
