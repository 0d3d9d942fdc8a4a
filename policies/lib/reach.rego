# METADATA
# title: What checks of who reaches keys share
# description: Who stands in an entry, in words, and whether they are declared. Who reaches what was decided where the policies were read.
package lib.reach

# A group is nobody: its members have entries of their own.
somebody(entry) if entry.who.kind != "group"

# Of those who reach other keys in the same way, whom `joined/common-reach` lists, this key names some: how many, and the first of them.
some_of(common, member) := common[member] if is_object(common)

some_of(common, _) := {"count": 0, "first": []} if not is_object(common)

# Whether it is known who of them there is: nobody, or somebody.
known(common) if is_null(common)

known(common) if is_object(common)

# What is said of one of them.
one_of(entry, group, common) := sprintf("%s: one of %d who reach other keys in the same way (joined/common-reach `%s`)", [
	because(entry),
	group.count,
	common.of,
])

# More of them than are named here, where none of those who are is what is looked for.
rest(group, common) := sprintf("who the other %d are who reach other keys in the same way, joined/common-reach `%s` says", [
	group.count - count(group.first),
	common.of,
])

# Whether a list of declared principals has this one, for all they do by this entry.
declared(entry, list) if {
	some one in list
	one.name == entry.who.name
	of_kind(one, entry)
	doing(one, entry)
}

of_kind(one, _) if not one.kind

of_kind(one, entry) if one.kind == entry.who.kind

doing(one, _) if not one.does

doing(one, entry) if every does in object.get(entry, "does", []) {
	does in one.does
}

# Administrators of an account as a whole, and its root user, who is one of them.
administrates(entry, accounts) if {
	entry.who.kind == "administrators"
	entry.who.name in accounts
}

administrates(entry, accounts) if {
	entry.who.kind == "root"
	split(entry.who.name, ":")[4] in accounts
}

# What is not known about an entry, in the words of its conditions.
unclear(entry) := concat("; ", [one.words | some one in object.get(entry, "conditions", []); one.holds == "not-understood"])

sentence(entry) := sprintf("%s `%s` may %s, %s", [
	entry.who.kind,
	entry.who.name,
	doings(entry),
	how(entry),
])

doings(entry) := concat(", ", entry.does) if count(object.get(entry, "does", [])) > 0

doings(entry) := "become an administrator" if count(object.get(entry, "does", [])) == 0

how(entry) := sprintf("by %s on it", [entry.action]) if not entry.becomes

how(entry) := sprintf("by %s, which leads to %s `%s`", [entry.action, entry.becomes.kind, entry.becomes.name])

because(entry) := concat("; not known: ", [words | some words in [sentence(entry), unclear(entry)]; words != ""])
