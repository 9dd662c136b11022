"""What a model is for: data, objective, metric and prediction of each task."""
