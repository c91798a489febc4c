"""Events on their way in: judged, appended, loaded from files, found as the difference of a state; decisions."""
