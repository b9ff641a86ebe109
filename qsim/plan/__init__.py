"""Plans: a circuit lowered to phases and rotations, and these scheduled into sweeps over memory."""
