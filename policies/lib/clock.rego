# METADATA
# title: Moments that have not come yet
# description: What a source says has happened cannot lie ahead. Where it does, one of the clocks is wrong, and no age can be computed. Functions only.
package lib.clock

# Seconds after the start of the run up to which a moment may lie: a source goes on writing while it is read, and clocks differ a little.
slack := 21600

ahead(moment) if moment.epoch > input.now + slack

# Whether it lies after another moment at which it was said.
after(moment, said) if moment.epoch > said.epoch + slack

why(moment) := sprintf("%s has not come yet by the clock of this run: its clock or that of the source is wrong, and no age is known", [moment.at])

why_after(moment, said) := sprintf("%s lies after %s, when it was said: no age is known", [moment.at, said.at])
