# METADATA
# title: What makers of tokens mean by attributes and flags
# description: >-
#   PKCS#11 3.1 says what CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE, CKA_NEVER_EXTRACTABLE (4.7.2, 4.9, 4.10) and the flags of
#   wrong PINs (3.2) mean. Modules differ. Here stands who differs, in which version it was seen, and where. A maker who is not here is
#   believed where its attributes agree with each other, and its flags where they say something.
package lib.pkcs11

# `begins`: what the token or the library says of itself, in lower case.
# `origin`: `standard`; `untold`, CKA_LOCAL does not tell where a key was made.
# `history`: `with-local`, CKA_ALWAYS_SENSITIVE and CKA_NEVER_EXTRACTABLE count only of a key with CKA_LOCAL; `alone`, they tell by themselves.
# `tries`: `every`, a flag tells of the first wrong PIN since the last right one; `few`, only when few tries are left; `never`.
makers := [
	{
		"begins": "softhsm",
		"name": "SoftHSM",
		"origin": "standard",
		"history": "with-local",
		"tries": "every",
		"seen": "2.6.1: SoftHSM.cpp, Token.cpp; a wrong PIN tried",
	},
	{
		"begins": "kryoptic",
		"name": "Kryoptic",
		"origin": "standard",
		"history": "with-local",
		"tries": "few",
		"seen": "1.5.4: CKA_LOCAL is true of derived keys too; storage/format.rs sets flags for the last 3 of 10 tries",
	},
	{
		"begins": "mozilla foundation",
		"name": "NSS",
		"origin": "untold",
		"history": "alone",
		"tries": "never",
		"seen": "3.87.1: CKA_LOCAL is false of generated keys, and an importer can write true; both histories are false of imported keys, whatever the importer writes",
	},
	{
		"begins": "opencryptoki",
		"name": "openCryptoki",
		"origin": "standard",
		"history": "with-local",
		"tries": "unknown",
		"seen": "3.8.1: an imported key has both histories true beside CKA_LOCAL false",
	},
	{
		"begins": "tpm2-software",
		"name": "tpm2-pkcs11",
		"origin": "standard",
		"history": "with-local",
		"tries": "never",
		"seen": "1.9.0: a locked PIN sets no flag",
	},
]

# The maker by what token and library say of themselves. Two that fit are none.
maker(names) := found if {
	fitting := {m | some m in makers; some name in names; begins(name, m.begins)}
	count(fitting) == 1
	some found in fitting
}

begins(name, beginning) if {
	is_string(name)
	startswith(lower(name), beginning)
}

# `standard`, `untold`; of a maker who is not known: `unknown`.
origin(names) := found.origin if found := maker(names)

origin(names) := "unknown" if not maker(names)

tries(names) := found.tries if found := maker(names)

tries(names) := "unknown" if not maker(names)

# What token and library of a key say of themselves.
of_key(maker) := [maker.manufacturer, maker.model, maker.library, maker.library_description]

of_token(token) := [token.manufacturer, token.model, token.module.manufacturer, token.module.description]

# The past of a key counts: the token made it, or a maker for whom the past tells by itself.
history_counts(key) if key.local == true

history_counts(key) if {
	found := maker(of_key(key.maker))
	found.history == "alone"
}

# How a key came to be, by CKA_KEY_GEN_MECHANISM: `generated`, `derived`, `password`. Others are not known.
way(mechanism) := "generated" if {
	is_string(mechanism)
	some end in ["_KEY_GEN", "_KEY_PAIR_GEN", "_KEY_PAIR_GEN_W_EXTRA_BITS"]
	endswith(mechanism, end)
}

way(mechanism) := "derived" if {
	is_string(mechanism)
	some part in [
		"_DERIV",
		"_KDF",
		"_HKDF_DATA",
		"_ENCRYPT_DATA",
		"CKM_CONCATENATE_",
		"CKM_EXTRACT_KEY_FROM_KEY",
		"CKM_X2RATCHET_",
		"CKM_X3DH_",
		"CKM_XOR_BASE_AND_DATA",
	]
	contains(mechanism, part)
}

way(mechanism) := "password" if {
	is_string(mechanism)
	some beginning in ["CKM_PBE_", "CKM_PBA_", "CKM_PKCS5_PBKD2"]
	startswith(mechanism, beginning)
}
