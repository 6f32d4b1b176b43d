"""The parts on the module's board: they outlive a run of the firmware."""
