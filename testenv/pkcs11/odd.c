/* A PKCS#11 module that is another one, and misbehaves in one way: what a vendor's module can do to its caller.
 *
 *   ODD_MODULE   the module behind it
 *   ODD_HOW      one of the words below
 *   ODD_REFUSED  the number of the attribute that `refused-attribute` refuses
 *
 *   cc -shared -fPIC -o odd.so odd.c -I<p11-kit>/include/p11-kit-1
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <p11-kit/pkcs11.h>

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST odd;
static unsigned long calls;

static int how(const char *word) {
	const char *said = getenv("ODD_HOW");
	return said != NULL && strcmp(said, word) == 0;
}

/* As soon as it is loaded, before anything was asked of it. */
__attribute__((constructor)) static void loaded(void) {
	if (how("abort-when-loaded")) abort();
	if (how("talk")) { printf("{\"done\":{}}\n"); fflush(stdout); }
}

static CK_RV initialize(void *arguments) {
	if (how("hang-when-started")) for (;;) pause();
	if (how("leave")) exit(0);
	return real->C_Initialize(arguments);
}

static CK_RV slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
	if (how("slots-without-end") && slots != NULL) { *count += 1; return CKR_BUFFER_TOO_SMALL; }
	return real->C_GetSlotList(present, slots, count);
}

static void pad(CK_UTF8CHAR *name, size_t size) {
	while (size > 0 && name[size - 1] == ' ') name[--size] = 0;
}

static CK_RV library_info(CK_INFO *info) {
	CK_RV rv = real->C_GetInfo(info);
	if (rv == CKR_OK && how("another-maker")) memcpy(info->manufacturerID, "Nobody, Inc.                    ", 32);
	return rv;
}

static CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
	CK_RV rv = real->C_GetTokenInfo(slot, info);
	if (rv != CKR_OK) return rv;
	if (how("other-serial")) memcpy(info->serialNumber, "0000000000000bad", 16);
	/* The token is changed between the look at it and the login. */
	if (how("changed-before-login") && ++calls > 2) memcpy(info->serialNumber, "0000000000000bad", 16);
	if (how("few-tries")) info->flags |= CKF_USER_PIN_COUNT_LOW;
	if (how("last-try")) info->flags |= CKF_USER_PIN_FINAL_TRY;
	if (how("locked")) info->flags |= CKF_USER_PIN_LOCKED;
	/* Names are padded with blanks (PKCS#11 3.1, 3.2), as a C program should not. */
	if (how("padded-with-nul")) {
		pad(info->label, sizeof info->label); pad(info->manufacturerID, sizeof info->manufacturerID);
		pad(info->model, sizeof info->model); pad(info->serialNumber, sizeof info->serialNumber);
	}
	/* A clock that is none: openCryptoki 3.8.1. */
	if (how("odd-clock")) { info->flags |= CKF_CLOCK_ON_TOKEN; memcpy(info->utcTime, "13:39:43        ", 16); }
	/* openCryptoki 3.8.1 says of an imported key that it has a past. Another maker's name, as SoftHSM is known. */
	if (how("another-maker")) {
		memcpy(info->manufacturerID, "Nobody, Inc.                    ", 32);
		memcpy(info->model, "One             ", 16);
	}
	if (how("maker-of-users")) memcpy(info->manufacturerID, "Marvell Semiconductors, Inc.    ", 32);
	return rv;
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG length) {
	const char *log = getenv("ODD_LOG");
	if (log != NULL) {
		FILE *file = fopen(log, "a");
		if (file != NULL) { fputs("login\n", file); fclose(file); }
	}
	return real->C_Login(session, user, pin, length);
}

static CK_RV find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG most, CK_ULONG *count) {
	CK_ULONG n;
	if (how("abort-when-asked")) abort();
	if (how("crash-when-asked")) raise(SIGSEGV);
	if (how("hang-when-asked")) for (;;) pause();
	if (how("objects-without-end")) {
		for (n = 0; n < most; n++) objects[n] = ++calls;
		*count = most;
		return CKR_OK;
	}
	CK_RV rv = real->C_FindObjects(session, objects, most, count);
	if (rv != CKR_OK || *count == 0) return rv;
	if (how("objects-twice") && *count < most) { objects[*count] = objects[0]; *count += 1; }
	if (how("objects-that-are-none") && *count < most) { objects[*count] = 0x7fffffff; *count += 1; }
	return rv;
}

static CK_RV attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted, CK_ULONG count) {
	CK_ULONG n;
	CK_RV rv = real->C_GetAttributeValue(session, object, wanted, count);
	for (n = 0; n < count; n++) {
		CK_ATTRIBUTE *one = &wanted[n];
		if (how("secret-in-a-label") && one->type == CKA_LABEL) {
			static const char text[] = "password=correct-horse-battery";
			if (one->pValue != NULL) memcpy(one->pValue, text, sizeof text - 1);
			one->ulValueLen = sizeof text - 1;
		}
		if (how("huge-label") && one->type == CKA_LABEL) one->ulValueLen = 1UL << 40;
		if (one->pValue == NULL || one->ulValueLen == CK_UNAVAILABLE_INFORMATION) continue;
		if (how("contradiction") && (one->type == CKA_EXTRACTABLE || one->type == CKA_NEVER_EXTRACTABLE)) *(CK_BBOOL *)one->pValue = CK_TRUE;
		if (how("other-class") && one->type == CKA_CLASS) *(CK_ULONG *)one->pValue = CKO_DATA;
		if (how("past-of-imported") && (one->type == CKA_ALWAYS_SENSITIVE || one->type == CKA_NEVER_EXTRACTABLE)) *(CK_BBOOL *)one->pValue = CK_TRUE;
		if (how("long-flag") && one->type == CKA_SENSITIVE) one->ulValueLen = 8;
	}
	return rv;
}

static CK_RV refused(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted, CK_ULONG count) {
	const char *which = getenv("ODD_REFUSED");
	CK_ATTRIBUTE_TYPE type = which == NULL ? CKA_NEVER_EXTRACTABLE : strtoul(which, NULL, 0);
	CK_ULONG n;
	CK_RV rv = attributes(session, object, wanted, count), said = rv;
	for (n = 0; n < count; n++)
		if (wanted[n].type == type) { wanted[n].ulValueLen = CK_UNAVAILABLE_INFORMATION; said = CKR_ATTRIBUTE_SENSITIVE; }
	return said;
}

/* Dates that the module fails over, whoever asks: SoftHSM 2.6.1 of private objects. */
static CK_RV no_dates(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *wanted, CK_ULONG count) {
	CK_ULONG n;
	for (n = 0; n < count; n++) if (wanted[n].type == CKA_START_DATE) return CKR_GENERAL_ERROR;
	return attributes(session, object, wanted, count);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
	const char *behind = getenv("ODD_MODULE");
	void *library = behind == NULL ? NULL : dlopen(behind, RTLD_NOW | RTLD_LOCAL);
	CK_RV (*get)(CK_FUNCTION_LIST **) = library == NULL ? NULL : (CK_RV (*)(CK_FUNCTION_LIST **))dlsym(library, "C_GetFunctionList");
	if (get == NULL || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
	odd = *real;
	odd.C_Initialize = initialize;
	odd.C_GetSlotList = slot_list;
	odd.C_GetTokenInfo = token_info;
	odd.C_GetInfo = library_info;
	odd.C_Login = login;
	odd.C_FindObjects = find;
	odd.C_GetAttributeValue = how("refused-attribute") ? refused : how("no-dates") ? no_dates : attributes;
	*list = &odd;
	return CKR_OK;
}
