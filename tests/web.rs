//! The web server: GitHub's door with all that may come through it, health, pages, the API.

mod actions;
mod bodies;
mod deliveries;
mod health;
mod pages;
mod reports;
mod shapes;
