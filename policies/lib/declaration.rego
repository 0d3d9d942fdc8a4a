# METADATA
# title: Declared days
# description: What several checks of the declaration share. Functions only; nothing here concludes anything.
package lib.declaration

import data.lib.aws

# Whether this day, in UTC, is over.
over(day) if day.epoch + 86400 <= input.now

# Seconds by which a day begins earlier in the east than in UTC: declared days have no time zone, and in UTC+14 the day comes first
# (https://data.iana.org/time-zones/tzdb/australasia, Pacific/Kiritimati).
first_begins := 50400

# Whether this day has begun nowhere on earth yet.
ahead(day) if day.epoch > input.now + first_begins

# Whole days since the day began in UTC; below 0 where it has begun only further east.
age(day) := aws.days(day.epoch, input.now)

# What is said of a day that is not one of the last days.
when(day) := "that day lies in the future" if ahead(day)

when(day) := sprintf("that was %d days ago", [age(day)]) if not ahead(day)

# Days after which a day that was not declared in time is taken for one that was made up later.
days_to_declare := 31

# Whether the ledger, which was there on this day, saw it declared only long afterwards. `name` is of the part that holds it.
backdated(thing, name, when) if {
	when.epoch >= thing.seen.ledger_since
	thing.seen.dates[name] - when.epoch > days_to_declare * 86400
}

# Whether the ledger, which was there on this day, had none of the threats of a task until long afterwards.
unseen_on(seen, day) if {
	day.epoch >= seen.ledger_since
	is_number(seen.threats)
	seen.threats - day.epoch > days_to_declare * 86400
}

# What evidence of that says.
in_time := sprintf("a bundle of the %d days after that day", [days_to_declare])

seen_late := "the ledger was there on that day, and saw it declared only long afterwards"

# Whether something changed after the end of this day.
changed_after(thing, when) if {
	is_number(thing.seen.changed)
	when.epoch + 86400 <= thing.seen.changed
}
