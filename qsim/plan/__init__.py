"""Plans: a circuit lowered to phases and rotations, and these scheduled into sweeps over memory."""

from qsim.plan.report import Plan, PlannedSweep

__all__ = ["Plan", "PlannedSweep"]
