"""Beyond the lesson: what tables need besides."""
