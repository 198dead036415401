"""The forms of mappings, rules and runs: what a person types becomes what the configuration file would say."""
