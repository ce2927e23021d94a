//! The one integration binary: a harness, and one module per capability.

#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, not in what they share")]

mod baselines;
mod checkout;
mod clock;
mod commands;
mod conditions;
mod config;
mod configured;
mod containers;
mod database;
mod doctor;
mod embedded;
mod export;
mod failures;
mod fake_github;
mod fault_table;
mod faults;
mod full_disk;
mod github;
mod harness;
mod history;
mod house;
mod interruption;
mod judge;
mod killed;
mod leases;
mod load;
mod main_job;
mod manager;
mod many_jobs;
mod odd_labels;
mod orders;
mod pairs;
mod pins;
mod pulls;
mod queue;
mod refusals;
mod reports;
mod serving;
mod shell;
mod tidying;
mod validity;
mod web;
