// `cairn completion`: a script that lets a shell complete commands and options; the words come from the program itself.

import { defineCommand } from '../run.ts'

export const command = defineCommand({
  command: 'completion <shell>',
  describe: 'print a completion script for bash or zsh',
  examples: [
    ['eval "$(cairn completion bash)"', 'in ~/.bashrc'],
    ['eval "$(cairn completion zsh)"', 'in ~/.zshrc, after compinit'],
  ],
  exits: [],
  builder: (yargs) => yargs.positional('shell', { choices: ['bash', 'zsh'] as const, demandOption: true, describe: 'which shell' }),
  async run({ shell }, { output }) {
    const script = shell === 'bash' ? BASH : ZSH
    output.result({ shell, script }, () => script)
  },
})

const BASH = `_cairn_completions() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" words
  words=$(cairn --get-yargs-completions "\${COMP_WORDS[@]}" 2>/dev/null)
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _cairn_completions cairn`

const ZSH = `_cairn_completions() {
  local -a words_found
  words_found=("\${(@f)$(cairn --get-yargs-completions "\${words[@]}" 2>/dev/null)}")
  if [[ \${#words_found} -gt 0 && -n "\${words_found[1]}" ]]; then _describe 'cairn' words_found; else _files; fi
}
compdef _cairn_completions cairn`
