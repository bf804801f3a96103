# SPDX-License-Identifier: GPL-2.0-or-later
# vifctl(8) for bash: vifctl itself knows what may follow.

_vifctl()
{
	local words i
	words=("${COMP_WORDS[@]:1:COMP_CWORD}")
	# bash makes words of the = and : in KEY=VALUE; no values are offered.
	[[ ${COMP_WORDS[COMP_CWORD]} = [=:]* || ${COMP_WORDS[COMP_CWORD-1]} = [=:] ]] && return
	mapfile -t COMPREPLY < <(compgen -W "$(vifctl complete "${words[@]}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")
	for i in "${COMPREPLY[@]}"; do
		[[ $i = *= ]] && compopt -o nospace
	done
}
complete -o default -F _vifctl vifctl
