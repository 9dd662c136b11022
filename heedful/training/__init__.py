"""Training: one loop for all tasks, its objectives and losses, the optimizer, the schedule, and what people watch."""
