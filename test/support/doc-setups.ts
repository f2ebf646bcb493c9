// What happens to the scratch machine before a block of the documents is run: `sh test setup=NAME`. Shell, in the home of Ada.

/** The notes of Ada, as they are at the start. */
const NOTES = `
mkdir -p ~/notes/letters ~/notes/accounts
printf 'Dear Ada,\\nthe loom is ready.\\n' > ~/notes/letters/jacquard.txt
printf 'Dear Charles,\\nnumber seven is wrong.\\n' > ~/notes/letters/babbage.txt
seq 1 20000 > ~/notes/accounts/1843.csv
export CAIRN_ACTOR=person:ada
`

/** A repository at /mnt/backup/cairn with two snapshots; its recovery code is in ~/recovery-code.txt, as if it had been typed. */
const REPOSITORY = `${NOTES}
export CAIRN_REPO=/mnt/backup/cairn
cairn init --label ada@laptop --recovery-code-file ~/recovery-code.txt
cairn commit ~/notes --name notes -m 'the first'
printf 'Yours, Ada\\n' >> ~/notes/letters/babbage.txt
cairn commit ~/notes --name notes -m 'a letter signed'
unset CAIRN_REPO
`

export const SETUPS: Readonly<Record<string, string>> = {
  notes: NOTES,
  repository: REPOSITORY,
  /** Everything on the machine is gone, and there is a new one: the store and the paper are left. */
  'new-machine': 'rm -rf ~/.config ~/.cache ~/notes; unset CAIRN_REPO CAIRN_ACTOR',
  /** The disk forgot a segment and hurt another. */
  'damaged-index': `
set -- /mnt/backup/cairn/index/*
chmod u+w "$@"
rm "$1"
for segment in "\${@:2}"; do printf x | dd of="$segment" bs=1 seek=200 conv=notrunc status=none; done
`,
  /** A digit of the repository id in cairn.json has rotted. */
  'damaged-hints': `
hints=/mnt/backup/cairn/cairn.json
chmod u+w "$hints"
sed -i -E 's/("repository":"...)[0-7]/\\18/; t; s/("repository":"...)./\\10/' "$hints"
`,
  /** A copy of the store was tried, and the original stayed as it was. */
  'used-copy': `
cp -a /mnt/backup/cairn /mnt/backup/second
cairn verify --repo /mnt/backup/second
`,
  /** The disk of the home forgot what the catalog held. */
  'damaged-catalog': 'seq 1 2000 > ~/.config/cairn/catalog.db',
  /** The store's disk died, and its copy of yesterday is put in its place. */
  'older-copy': `
cp -a /mnt/backup/cairn /mnt/backup/yesterday
printf 'one more line\\n' >> ~/notes/letters/jacquard.txt
cairn commit ~/notes --name notes -m 'lost with the disk'
rm -rf /mnt/backup/cairn
mv /mnt/backup/yesterday /mnt/backup/cairn
`,
  /** There is a second copy of the store, and in the first a block of a pack of data has rotted. */
  'damaged-pack': `
cp -a /mnt/backup/cairn /mnt/backup/copy
pack=$(ls -S /mnt/backup/cairn/packs/data/*/* | head -1)
chmod u+w "$pack"
printf x | dd of="$pack" bs=1 seek=1300 conv=notrunc status=none
`,
}
