"""How entries come, change and go: what a State proposes, what the directory manager approves, who follows whom."""
