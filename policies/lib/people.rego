# METADATA
# title: People
# description: What several checks of people share. Functions only; nothing here concludes anything.
package lib.people

# Whether their last day is over, in UTC.
gone(person) if {
	is_object(person.left)
	person.left.epoch + 86400 <= input.now
}

here(person) if is_null(person.left)

here(person) if {
	is_object(person.left)
	person.left.epoch + 86400 > input.now
}
