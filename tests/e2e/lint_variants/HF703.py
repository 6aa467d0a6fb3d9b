def ready(jobs, names):
    if all([job.done for job in jobs]):  # found
        return max(len(name) for name in names)
    return any(job.done for job in jobs)
