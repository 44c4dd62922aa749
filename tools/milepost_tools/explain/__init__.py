"""Why one subject got what it got, and did not get the rest: `milepost explain`.

What is known of a subject comes from a log (`watch`) or from a stack (`stored`); `report` says what it means, as
plain values that `page` shows to a person and `as_json` gives to a program.
"""
