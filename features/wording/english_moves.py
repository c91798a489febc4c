"""English of moves: what could be done, and what moves take off the list together."""

from __future__ import annotations

MOVES = {
    "move.release": "release {hold}",
    "move.arrival.today": "{component} comes today",
    "move.arrival.released": "{component} comes today and {holds} [n:is|are] released",
    "move.arrival": "{component} comes by {day}",
    "move.lot": "{inspection}{lot}{lines} passes",
    "move.condition": "{condition} [n:is|are] put right{lines}",
    "move.truck.plan": "plan a truck for {day}",
    "move.truck.earlier": "{truck} leaves {day}, not {late}",
    "move.truck.larger": "{truck} takes {quantity} [n:unit|units], not {before}",
    "move.rest": "book what is left{lines} as final ({quantity} [n:unit|units])",
    "move.rest.operation": "book what is left{lines} as final ({operation}, {quantity} [n:unit|units])",
    "move.ship": "ship the {quantity} [n:unit|units]{lines} that [n:is|are] done",
    "move.ship.all": "ship all that is left{lines} ({quantity} [n:unit|units])",
    "move.promise": "move the promise to {day}{along}, if the customer agrees",
    "move.along": ", {trucks}",
    "move.along.truck": "{truck} to {day}",
    "move.promises": "move the promises {n} [n:day|days] later, the first to {day}{along}, if the customer agrees",
    # what moves take off the list
    "move.taken": "{points} [n:point|points]",
    "move.taken.value": "{points} [n:point|points] and {value} of value at risk",
    "move.none": "no move takes risk off the list",
    "move.every": "[n:this move takes|these {count} moves take] {taken} off the list",
    "move.kind.release_hold": "[n:this release takes|these {count} releases take] {taken} off the list",
    "move.kind.component_here": "[n:this arrival today takes|these {count} arrivals today take] {taken} off the list",
    "move.kind.component_sooner": (
        "[n:this earlier arrival takes|these {count} earlier arrivals take] {taken} off the list"
    ),
    "move.kind.lot_passes": "[n:this passed lot takes|these {count} passed lots take] {taken} off the list",
    "move.kind.meet_condition": (
        "[n:this shipping condition met takes|these {count} shipping conditions met take] {taken} off the list"
    ),
    "move.kind.plan_truck": "[n:this planned truck takes|these {count} planned trucks take] {taken} off the list",
    "move.kind.truck_earlier": "[n:this earlier truck takes|these {count} earlier trucks take] {taken} off the list",
    "move.kind.truck_larger": "[n:this larger truck takes|these {count} larger trucks take] {taken} off the list",
    "move.kind.book_rest": (
        "[n:this booking of what is left takes|these {count} bookings of what is left take] {taken} off the list"
    ),
    "move.kind.ship_done": (
        "[n:this shipment of what is done takes|these {count} shipments of what is done take] {taken} off the list"
    ),
    "move.kind.move_promise_3": (
        "[n:this promise moved by 3 days takes|these {count} promises moved by 3 days take] {taken} off the list"
    ),
    "move.kind.move_promise_7": (
        "[n:this promise moved by 7 days takes|these {count} promises moved by 7 days take] {taken} off the list"
    ),
    "move.count.2": "two",
    "move.count.3": "three",
    "move.count.4": "four",
    "move.count.5": "five",
    "move.count.6": "six",
    "move.count.7": "seven",
    "move.count.8": "eight",
    "move.count.9": "nine",
    "move.count.10": "ten",
    "move.count.11": "eleven",
    "move.count.12": "twelve",
}
