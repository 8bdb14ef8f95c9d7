# README is the main page, tests/peer/README.md the page "libtorch". Links to what is not in the reference become text.
s/^# frost$/& {#mainpage}/
s/^# frost against libtorch$/& {#libtorch}/
s/\[([^]]*)\]\([^)]*(\.md|\.sh|testing|LICENSE)\)/\1/g
