"""What a person does with mappings and rules in the admin and over the API, apart from the pages themselves."""
