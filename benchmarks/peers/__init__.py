"""The same segmentation as an expert would write it with other tools, for comparison."""
