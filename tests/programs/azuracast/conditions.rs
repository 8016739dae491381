//! Each condition under which AzuraCast writes more into its configuration.
