// Command oracle answers what the reference implementations of checkpoints and
// Merkle proofs (transparency-dev) say, so that ours can be held against them.
//
//	oracle parse VKEY ORIGIN  < checkpoint        verifies and prints {origin,size,root}
//	oracle make NAME SIZE ROOT_HEX                prints {vkey,checkpoint} signed with a fresh key
//	oracle vkey NAME PUBLIC_KEY_HEX               prints the verifier key of an Ed25519 key
//	oracle root               < hex leaf data     prints the RFC 6962 root over the lines
//	oracle proofs             < json lines        prints "ok" or "refused: ..." for each
//
// A proof line: {"kind":"inclusion","index":1,"size":4,"leaf":"hex","proof":["hex"],"root":"hex"}
// or {"kind":"consistency","size1":2,"size":4,"root1":"hex","proof":["hex"],"root":"hex"}.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

type proofLine struct {
	Kind  string   `json:"kind"`
	Index uint64   `json:"index"`
	Size1 uint64   `json:"size1"`
	Size  uint64   `json:"size"`
	Leaf  string   `json:"leaf"`
	Root1 string   `json:"root1"`
	Root  string   `json:"root"`
	Proof []string `json:"proof"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "parse":
		return parse(args[1], args[2])
	case len(args) == 4 && args[0] == "make":
		return makeCheckpoint(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "vkey":
		key, err := hex.DecodeString(args[2])
		if err != nil {
			return err
		}
		vkey, err := note.NewEd25519VerifierKey(args[1], key)
		if err != nil {
			return err
		}
		fmt.Println(vkey)
		return nil
	case len(args) == 1 && args[0] == "root":
		return root()
	case len(args) == 1 && args[0] == "proofs":
		return proofs()
	}
	return fmt.Errorf("usage: oracle parse|make|vkey|root|proofs")
}

func parse(vkey, origin string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	head, rest, _, err := log.ParseCheckpoint(text, origin, verifier)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"origin": head.Origin, "size": head.Size, "root": hex.EncodeToString(head.Hash), "extension": string(rest),
	})
}

func makeCheckpoint(name, size, rootHex string) error {
	n, err := strconv.ParseUint(size, 10, 64)
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(rootHex)
	if err != nil {
		return err
	}
	secret, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	text := string(log.Checkpoint{Origin: name, Size: n, Hash: hash}.Marshal())
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"vkey": vkey, "checkpoint": string(signed)})
}

func lines(each func(string) error) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<26)
	for in.Scan() {
		if err := each(in.Text()); err != nil {
			return err
		}
	}
	return in.Err()
}

func root() error {
	tree := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	err := lines(func(line string) error {
		leaf, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil {
			return err
		}
		return tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil)
	})
	if err != nil {
		return err
	}
	hash := rfc6962.DefaultHasher.EmptyRoot()
	if tree.End() > 0 {
		if hash, err = tree.GetRootHash(nil); err != nil {
			return err
		}
	}
	fmt.Println(hex.EncodeToString(hash))
	return nil
}

func proofs() error {
	return lines(func(line string) error {
		var p proofLine
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			return err
		}
		if err := check(p); err != nil {
			fmt.Println("refused:", err)
		} else {
			fmt.Println("ok")
		}
		return nil
	})
}

func check(p proofLine) error {
	var hashes [][]byte
	for _, text := range append([]string{p.Leaf, p.Root1, p.Root}, p.Proof...) {
		hash, err := hex.DecodeString(text)
		if err != nil {
			return err
		}
		hashes = append(hashes, hash)
	}
	leaf, root1, root, path := hashes[0], hashes[1], hashes[2], hashes[3:]
	switch p.Kind {
	case "inclusion":
		return proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, p.Size, leaf, path, root)
	case "consistency":
		return proof.VerifyConsistency(rfc6962.DefaultHasher, p.Size1, p.Size, path, root1, root)
	}
	return fmt.Errorf("unknown kind %q", p.Kind)
}
