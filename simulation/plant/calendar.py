"""Working time: hours since the plant began, Monday to Friday within the shift."""

from __future__ import annotations

from datetime import date

from simulation.description.description import Shift

DAY = 24.0
OFFICE = (7.0, 17.0)
"""Hours of the day in which customers write and planners decide."""


class Calendar:
    """Turns working hours into hours of the clock. Moments are hours since 0:00 UTC of the plant's first day."""

    def __init__(self, begins: date, shift: Shift) -> None:
        self.first_weekday = begins.weekday()
        self.opens, self.closes = shift.first_hour, shift.last_hour
        self.hours_per_day = (self.closes - self.opens) * 5 / 7

    def weekday(self, day: int) -> int:
        """0 for Monday to 6 for Sunday of a day counted from the plant's first."""
        return (self.first_weekday + day) % 7

    def works(self, day: int) -> bool:
        return self.weekday(day) < 5

    def next_opening(self, moment: float) -> float:
        """The moment itself within a shift, otherwise when the next one begins."""
        day = int(moment // DAY)
        if self.works(day):
            hour = moment - day * DAY
            if hour < self.opens:
                return day * DAY + self.opens
            if hour < self.closes:
                return moment
        day += 1
        while not self.works(day):
            day += 1
        return day * DAY + self.opens

    def after(self, moment: float, hours: float) -> float:
        """When ``hours`` of work that begin at ``moment`` at the earliest are done."""
        begin = self.next_opening(moment)
        left = (begin // DAY) * DAY + self.closes - begin
        while hours > left:
            hours -= left
            begin = self.next_opening(begin + left)
            left = self.closes - self.opens
        return begin + hours

    def before(self, moment: float, hours: float) -> float:
        """When ``hours`` of work have to begin at the latest to be done by ``moment``."""
        day = int(moment // DAY)
        end = min(moment - day * DAY, self.closes)
        while not self.works(day) or end - self.opens < hours:
            if self.works(day):
                hours -= max(0.0, end - self.opens)
            day, end = day - 1, self.closes
        return day * DAY + end - hours

    def between(self, begin: float, end: float) -> float:
        """Working hours from one moment to a later one; none where it is not later."""
        hours = 0.0
        for day in range(int(begin // DAY), int(end // DAY) + 1 if end > begin else 0):
            if self.works(day):
                opens, closes = max(begin, day * DAY + self.opens), min(end, day * DAY + self.closes)
                hours += max(0.0, closes - opens)
        return hours

    def end_of_working_day(self, moment: float) -> float:
        """23:59:59 of the working day at or before the moment."""
        day = int(moment // DAY)
        while not self.works(day):
            day -= 1
        return (day + 1) * DAY - 1 / 3600
