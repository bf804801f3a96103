# SPDX-License-Identifier: GPL-2.0-or-later
# vifctl(8) for fish: vifctl itself knows what may follow.

function __vifctl_complete
    set -l words (commandline -opc) (commandline -ct)
    vifctl complete $words[2..-1] 2>/dev/null
end
complete -c vifctl -a '(__vifctl_complete)'
